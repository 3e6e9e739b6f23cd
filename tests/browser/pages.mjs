// Every page in every theme at two widths: axe finds nothing, nothing hangs over the edge, and a picture is kept in
// tests/browser/shots for people to look at.
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from './browsers.mjs';
import { args, say, scenario } from './scenario.mjs';
import { Visitor } from './visitor.mjs';

const { url, pages, account, conference } = args;
const THEMES = ['numatytoji', 'kontrastinga', 'tamsi'];
const WIDTHS = [390, 1280];
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

async function look(visitor, name, theme, width, report) {
  const tall = await visitor.eval(() => document.documentElement.scrollHeight);
  await visitor.page.screenshot({
    path: `${SHOTS}${name}-${theme}-${width}.png`,
    fullPage: true,
    // A picture of tens of thousands of lines is looked at by nobody and is too much for some browsers.
    clip: { x: 0, y: 0, width, height: Math.min(tall, MAX_HEIGHT) },
  });
  for (const fault of await faults(visitor)) report.push(`${name}, ${theme}, ${width}: ${fault}`);
}

/** The whole page in one window: by chance of height, the bar at a phone's edge would cover half a link. */
async function unroll(visitor, width) {
  const tall = await visitor.eval(() => document.documentElement.scrollHeight);
  await visitor.page.setViewportSize({ width, height: Math.min(tall, MAX_HEIGHT) });
}

async function setTheme(context, theme) {
  await context.addCookies([{ name: 'tema', value: theme, url }]);
}

scenario(async () => {
  mkdirSync(SHOTS, { recursive: true });
  const browser = await chromium({ devices: 'fake' });
  const report = [];
  let looked = 0;
  for (const width of WIDTHS) {
    const context = await browser.newContext({ viewport: { width, height: width === 390 ? 844 : 800 }, locale: 'lt-LT' });
    await context.addInitScript({ content: AXE });
    const visitor = await Visitor.at(browser, url, 'visitor', { context });
    for (const { name, path } of pages) {
      for (const theme of THEMES) {
        await setTheme(context, theme);
        await visitor.page.setViewportSize({ width, height: 844 });
        await visitor.goto(path);
        if (name === 'replay') await visitor.sees('[data-player][data-state=ready]', 20000);
        await unroll(visitor, width);
        await look(visitor, name, theme, width, report);
        looked += 1;
        // The page that says that there is no such page is itself answered with 404, and the browser says so.
        if (name === 'not-found') visitor.complaints.length = 0;
      }
    }
    await visitor.page.setViewportSize({ width, height: width === 390 ? 844 : 800 });
    // The lobby and the room, as a signed-in person sees them.
    await visitor.signIn(account.id);
    if (width === WIDTHS[0]) {
      await visitor.open(conference);
    }
    for (const theme of THEMES) {
      await setTheme(context, theme);
      await visitor.goto(`/priemimai/${conference}/pokalbis`);
      await visitor.sees('[data-view=lobby] video', 15000);
      await look(visitor, 'lobby', theme, width, report);
      await visitor.enter(conference, { as: 'name' });
      await visitor.sees('[data-tile] video', 15000);
      await look(visitor, 'room', theme, width, report);
      await visitor.leave();
      await visitor.sees('[data-view=left]');
      await look(visitor, 'left', theme, width, report);
      looked += 3;
    }
    for (const complaint of visitor.complaints) report.push(`${width}: ${complaint}`);
    say('width', { width, looked });
    await context.close();
  }
  return { report, looked };
});
