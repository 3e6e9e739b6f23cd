// A replay in Chromium: its length, then several places, each sought with the slider and listened to; then a look at it in
// every theme.
import { chromium } from './browsers.mjs';
import { THEMES, WIDTHS, look, lookingContext, setTheme, unroll } from './looks.mjs';
import { picturesPerSecond, rememberPlayed, tones } from './measure.mjs';
import { args, check, reached, scenario } from './scenario.mjs';
import { Visitor } from './visitor.mjs';

const { url, recording, places_s } = args;
const PLAYER = '[data-player]';
const SLIDER = '[data-player] [role=slider]';

/** Where the slider stands, in seconds. */
const position = (visitor) =>
  visitor.eval((slider) => Number(document.querySelector(slider).getAttribute('aria-valuenow')), SLIDER);

/** Seeks as a person does: a click on the slider. */
async function seek(visitor, to_s, duration_s) {
  const box = await visitor.eval((slider) => {
    const { x, y, width, height } = document.querySelector(slider).getBoundingClientRect();
    return { x, y, width, height };
  }, SLIDER);
  await visitor.page.mouse.click(box.x + (box.width * to_s) / duration_s, box.y + box.height / 2);
  await visitor.until(
    `stands near ${to_s} s`,
    ({ slider, to }) => Math.abs(Number(document.querySelector(slider).getAttribute('aria-valuenow')) - to) < 3,
    { slider: SLIDER, to: to_s },
  );
}

/** The replay in every theme at two widths. */
async function looks(browser) {
  const report = [];
  for (const width of WIDTHS) {
    const context = await lookingContext(browser, width);
    const visitor = await Visitor.at(browser, url, 'looker', { context });
    for (const theme of THEMES) {
      await setTheme(context, url, theme);
      await visitor.goto(`/archyvas/${recording}`);
      await visitor.sees(`${PLAYER}[data-state=ready]`);
      await unroll(visitor, width);
      await look(visitor, 'replay', theme, width, report);
    }
    await context.close();
  }
  return report;
}

scenario(async () => {
  const who = await Visitor.at(await chromium(), url, 'viewer');
  await who.page.addInitScript(rememberPlayed);
  await who.goto(`/archyvas/${recording}`);
  await who.sees(`${PLAYER}[data-state=ready]`);
  const shown_s = await who.eval((slider) => Number(document.querySelector(slider).getAttribute('aria-valuemax')), SLIDER);
  const duration_s = await who.eval(
    async (id) => (await (await fetch(`/api/v1/recordings/${id}`)).json()).duration_ms / 1000,
    recording,
  );
  check(Math.abs(shown_s - duration_s) <= 1, `the slider ends at ${shown_s} s, the recording at ${duration_s} s`);
  await who.press('[data-player] [data-do=play]');
  await who.sees(`${PLAYER}[data-state=playing]`);
  const places = [];
  for (const place of places_s) {
    await seek(who, place, duration_s);
    await who.sees(`${PLAYER}[data-state=playing]`);
    // A face may move a moment before its voice is there.
    await who.until('a voice plays', () => [...window.played].some((one) => one instanceof HTMLAudioElement && !one.paused));
    const at_s = await position(who);
    const sound = await who.eval(tones, { over_ms: 1500 });
    places.push({ at_s, until_s: await position(who), hz: sound.map((one) => one.hz).filter((hz) => hz !== null) });
  }
  // In the middle, a face moves.
  const middle_fps = await reached(
    async () => {
      await seek(who, places_s[1], duration_s);
      await who.sees(`${PLAYER}[data-state=playing]`);
      return who.eval(picturesPerSecond, { selector: '[data-player] video', over_ms: 2500 });
    },
    (fps) => fps >= 10,
  );
  return { duration_s, places, middle_fps, faults: await looks(who.page.context().browser()), complaints: who.complaints };
});
