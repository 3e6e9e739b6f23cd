// The check before joining, from the button to the copied report; a look at it when it is done, as phone and as desktop.
import { chromium } from './browsers.mjs';
import { THEMES, WIDTHS, look, lookingContext, setTheme, unroll } from './looks.mjs';
import { args, scenario } from './scenario.mjs';
import { Visitor } from './visitor.mjs';

const { url, briefly } = args;

scenario(async () => {
  const browser = await chromium({ devices: 'fake' });
  const report = [];
  let rows = {};
  let verdict = '';
  let will = [];
  const complaints = [];
  for (const width of briefly ? WIDTHS.slice(0, 1) : WIDTHS) {
    const context = await lookingContext(browser, width);
    const visitor = await Visitor.at(browser, url, 'visitor', { context });
    for (const theme of width === WIDTHS[0] && !briefly ? THEMES : THEMES.slice(0, 1)) {
      await setTheme(context, url, theme);
      await visitor.page.setViewportSize({ width, height: width === 390 ? 844 : 800 });
      await visitor.goto('/patikra');
      await visitor.press('[data-do=check]');
      await visitor.sees('[data-check-verdict]');
      verdict = await visitor.eval(() => document.querySelector('[data-check-verdict]').dataset.checkVerdict);
      rows = await visitor.eval(() =>
        Object.fromEntries([...document.querySelectorAll('[data-row]')].map((row) => [row.dataset.row, row.dataset.result])),
      );
      will = await visitor.eval(() => [...document.querySelectorAll('[data-will] li')].map((one) => one.innerText));
      await visitor.press('[data-do=copy-report]');
      await visitor.sees('[data-copied]');
      await unroll(visitor, width);
      await look(visitor, 'checked', theme, width, report);
    }
    complaints.push(...visitor.complaints);
    await context.close();
  }
  return { report, rows, verdict, will, complaints };
});
