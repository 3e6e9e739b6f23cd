// A look at a page in a theme: axe finds nothing, nothing hangs over the edge, and a picture is kept in tests/browser/shots
// for people to look at.
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

export const THEMES = ['numatytoji', 'kontrastinga', 'tamsi'];
export const WIDTHS = [390, 1280];
const MAX_HEIGHT = 6000;
const SHOTS = new URL('./shots/', import.meta.url).pathname;
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
// WCAG 2.2 A and AA, and what axe calls good practice besides.
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** What axe finds on the page as it stands, one line a fault. */
async function faults(visitor) {
  // Fonts and pictures first: contrast is judged on what is drawn.
  await visitor.eval(() => document.fonts.ready.then(() => true));
  const found = await visitor.eval(
    (rules) =>
      window.axe
        .run(document, { runOnly: { type: 'tag', values: rules }, resultTypes: ['violations'] })
        .then((result) => result.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(' ')).slice(0, 4).join(' | ')}`)),
    RULES,
  );
  const wide = await visitor.eval(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  return wide > 0 ? [...found, `wider than the window by ${wide} px`] : found;
}

/** Looks at the page as it stands; faults are added to the report. */
export async function look(visitor, name, theme, width, report) {
  mkdirSync(SHOTS, { recursive: true });
  const tall = await visitor.eval(() => document.documentElement.scrollHeight);
  await visitor.page.screenshot({
    path: `${SHOTS}${name}-${theme}-${width}.png`,
    fullPage: true,
    // A picture of tens of thousands of lines is looked at by nobody and is too much for some browsers.
    clip: { x: 0, y: 0, width, height: Math.min(tall, MAX_HEIGHT) },
  });
  for (const fault of await faults(visitor)) report.push(`${name}, ${theme}, ${width}: ${fault}`);
}

/** The whole page in one window, with room for what comes while it is looked at: by chance of height, the bar at a phone's edge
 * would cover half a link. */
export async function unroll(visitor, width) {
  const tall = await visitor.eval(() => document.documentElement.scrollHeight);
  await visitor.page.setViewportSize({ width, height: Math.min(tall + 1000, MAX_HEIGHT) });
}

/** The pages of this context are drawn in this theme from the next one on. */
export async function setTheme(context, url, theme) {
  await context.addCookies([{ name: 'tema', value: theme, url }]);
}

/** And in this language, `lt` or `en`. */
export async function setLanguage(context, url, language) {
  await context.addCookies([{ name: 'kalba', value: language, url }]);
}

/** A browser's context of this width, with axe in every page. */
export async function lookingContext(browser, width) {
  const context = await browser.newContext({ viewport: { width, height: width === 390 ? 844 : 800 }, locale: 'lt-LT' });
  await context.addInitScript({ content: AXE });
  return context;
}
