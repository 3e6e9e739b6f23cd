// Through lobby and room by keyboard alone, as host: every control is reached with Tab, shown to have the focus, and works
// with Space or Enter. No pointer is used after the sign-in.
import { chromium } from './browsers.mjs';
import { args, check, scenario } from './scenario.mjs';
import { Visitor } from './visitor.mjs';

const { url, conference, host } = args;

/** Presses Tab until the selector has the focus, at most `limit` times; the focus must be visible. */
async function tabTo(visitor, selector, limit = 60) {
  for (let pressed = 0; pressed < limit; pressed += 1) {
    const state = await visitor.eval((wanted) => {
      const focused = document.activeElement;
      if (!focused?.matches(wanted)) return null;
      // The ring may be drawn around a radio's label.
      const shown = [focused, focused.closest('label'), focused.nextElementSibling].filter(Boolean).some((element) => {
        const style = getComputedStyle(element);
        return (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== 'none';
      });
      return { shown };
    }, selector);
    if (state) {
      check(state.shown, `the focus on ${selector} cannot be seen`);
      return pressed;
    }
    await visitor.page.keyboard.press('Tab');
  }
  throw new Error(`Tab does not reach ${selector}`);
}

const pressed = (visitor, name, value) =>
  visitor.until(`${name} is ${value}`, ({ name, value }) =>
    document.querySelector(`[data-do=${name}]`)?.getAttribute('aria-pressed') === value, { name, value });

scenario(async () => {
  const who = await Visitor.at(await chromium({ devices: 'fake' }), url, 'host');
  await who.signIn(host.id);
  const { keyboard } = who.page;
  await who.goto(`/priemimai/${conference}`);
  await tabTo(who, `form[action="/priemimai/${conference}/pradeti"] button`);
  await keyboard.press('Enter');
  await who.until('is in the lobby', () => location.pathname.endsWith('/pokalbis'));

  await who.sees('[data-view=lobby] [data-do=enter]');
  const order = {};
  order.as = await tabTo(who, 'input[name=as]');
  await keyboard.press('ArrowDown');
  const as = await who.eval(() => document.querySelector('input[name=as]:checked').value);
  await keyboard.press('ArrowUp');
  check(as === 'anonymous', `the arrow keys do not choose between name and anonymous: ${as}`);
  if (await who.eval(() => !!document.querySelector('input[name=consent]'))) {
    await tabTo(who, 'input[name=consent]');
    await keyboard.press('Space');
  }
  order.enter = await tabTo(who, '[data-do=enter]');
  await keyboard.press('Enter');
  await who.sees('[data-view=room]');
  await who.sees('[data-connection=connected]');

  await tabTo(who, '[data-do=mic]');
  await keyboard.press('Space');
  await pressed(who, 'mic', 'false');
  await keyboard.press('Enter');
  await pressed(who, 'mic', 'true');
  await tabTo(who, '[data-do=camera]');
  await keyboard.press('Space');
  await pressed(who, 'camera', 'false');
  await keyboard.press('Space');
  await pressed(who, 'camera', 'true');
  const people = await who.eval(() => document.querySelector('[data-do=people]').getAttribute('aria-pressed'));
  await tabTo(who, '[data-do=people]');
  await keyboard.press('Enter');
  await pressed(who, 'people', people === 'true' ? 'false' : 'true');
  await tabTo(who, '[data-do=record]');
  await keyboard.press('Space');
  await who.sees('[data-recording=on]');
  await keyboard.press('Space');
  await who.sees('[data-recording=off]');
  await tabTo(who, '[data-do=leave]');
  await keyboard.press('Enter');
  await who.sees('[data-view=left]');
  return { order, complaints: who.complaints };
});
