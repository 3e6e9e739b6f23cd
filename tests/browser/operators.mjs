// Somebody who looks after the server watches a reception of two: the empty list, the room in it, the room seat by seat, the
// numbers that stop coming, the end.
import { chromium } from './browsers.mjs';
import { THEMES, WIDTHS, look, lookingContext, setTheme } from './looks.mjs';
import { args, check, scenario } from './scenario.mjs';
import { Visitor } from './visitor.mjs';

const { url, conference, administrator, host } = args;
const ROOMS = '/valdymas/kambariai';

/** What the page says, and what it fetched. */
const said = (visitor) => visitor.eval(() => document.querySelector('[data-operators]').innerText);

/** The whole page in one window, with room for charts and numbers that come while it is looked at: nothing is to lie under the bar at its edge. */
async function spread(visitor, width) {
  const tall = await visitor.eval(() => document.documentElement.scrollHeight);
  await visitor.page.setViewportSize({ width, height: tall + 2000 });
}

/** A look at one of the pages in every theme and width, when `shown` is there. */
async function looks(operators, name, path, shown, report) {
  for (const [width, { visitor, context }] of operators) {
    for (const theme of THEMES) {
      await setTheme(context, url, theme);
      await visitor.page.setViewportSize({ width, height: width === 390 ? 844 : 800 });
      await visitor.goto(path);
      await visitor.sees(shown);
      await spread(visitor, width);
      await look(visitor, name, theme, width, report);
    }
  }
}

scenario(async () => {
  const browser = await chromium({ devices: 'fake' });
  const report = [];
  const operators = new Map();
  for (const width of WIDTHS) {
    const context = await lookingContext(browser, width);
    const visitor = await Visitor.at(browser, url, `operator ${width}`, { context });
    await visitor.signIn(administrator.id);
    operators.set(width, { visitor, context });
  }
  await looks(operators, 'operators-empty', ROOMS, '[data-feed=fresh]', report);
  const [{ visitor: operator }] = operators.values();
  await operator.sees('[data-empty]');

  const talker = await Visitor.at(browser, url, 'host');
  await talker.signIn(host.id);
  await talker.open(conference);
  await talker.enter(conference, { as: 'name' });
  const other = await Visitor.at(browser, url, 'voice');
  await other.enter(conference, { as: 'anonymous' });

  await operator.goto(ROOMS);
  await operator.until(
    'media flows in the room',
    () => [...document.querySelectorAll('[data-room] dd')].some((fact) => /[1-9][0-9,]*\s[kM]bit\/s/.test(fact.innerText)),
  );
  await looks(operators, 'operators-rooms', ROOMS, '[data-room]', report);
  const list = await said(operator);
  const path = await operator.eval(() => document.querySelector('[data-room] a').getAttribute('href'));
  await operator.goto(path);
  await operator.until('two seats', () => document.querySelectorAll('[data-seat]').length === 2);
  // Ten minutes are not waited for: the line begins with the second reading.
  await operator.until(
    'a chart has a line',
    () => [...document.querySelectorAll('.chart-line')].some((line) => (line.getAttribute('d') ?? '').includes('L')),
  );
  await looks(operators, 'operators-room', path, '[data-seat]', report);
  await operator.eval(() => document.querySelector('.chart-table').setAttribute('open', ''));
  const room = await said(operator);
  const roles = await operator.eval(() => [...document.querySelectorAll('[data-seat]')].map((seat) => seat.dataset.role));
  const numbers = await operator.eval(
    (of) => fetch(`/valdymas/duomenys/${of.split('/').pop()}`).then((answer) => answer.json()),
    path,
  );
  for (const text of [room, JSON.stringify(numbers)]) {
    check(!text.includes(host.name) && !text.includes('Balsas'), `a name left the call: ${text}`);
  }

  const complaints = [...operators.values()].flatMap(({ visitor }) => visitor.complaints.splice(0));
  await operator.page.route('**/valdymas/duomenys/**', (route) => route.abort());
  await operator.sees('[data-feed=lost]');
  const lost = await said(operator);
  await operator.page.setViewportSize({ width: WIDTHS[0], height: 844 });
  await spread(operator, WIDTHS[0]);
  await look(operator, 'operators-lost', THEMES[0], WIDTHS[0], report);
  await operator.page.unroute('**/valdymas/duomenys/**');
  await operator.sees('[data-feed=fresh]');

  await other.leave();
  await talker.leave();
  await operator.sees('[data-gone]');
  complaints.push(...talker.complaints, ...other.complaints);
  return { report, list, room, roles, numbers, lost, complaints };
});
