// Where a resident lives: they say so, an extract of the register confirms it, and a reception of their eldership lets them in. All
// pages of it are looked at.
import { chromium } from './browsers.mjs';
import { THEMES, WIDTHS, look, lookingContext, setTheme, unroll } from './looks.mjs';
import { args, say, scenario, toldToGoOn } from './scenario.mjs';
import { Visitor } from './visitor.mjs';

const { url, host } = args;
const report = [];

/** In every theme at every width, as it is drawn for whoever sits at this context. */
async function looks(visitor, context, name, path, ready) {
  for (const width of WIDTHS) {
    for (const theme of THEMES) {
      await setTheme(context, url, theme);
      await visitor.page.setViewportSize({ width, height: 844 });
      await visitor.goto(path);
      if (ready) await visitor.sees(ready);
      await unroll(visitor, width);
      await look(visitor, name, theme, width, report);
    }
  }
}

/** A reception of Šilainiai, announced by form. */
async function announce(browser) {
  const context = await lookingContext(browser, 1280);
  const a = await Visitor.at(browser, url, 'host', { context });
  await a.signIn(host.id);
  await a.goto('/priemimai/naujas');
  await a.page.fill('#title', 'Šilainių kiemai');
  await a.page.click('input[name=audience][value=eldership]');
  await a.page.click('form[action="/priemimai/naujas"] .btn.big');
  await a.sees('#eldership-e');
  for (const width of WIDTHS) {
    await a.page.setViewportSize({ width, height: 844 });
    await unroll(a, width);
    await look(a, 'eldership-missing', 'numatytoji', width, report);
  }
  await a.page.selectOption('#eldership', 'silainiai');
  await a.page.click('form[action="/priemimai/naujas"] .btn.big');
  await a.sees('[data-only]');
  const conference = await a.eval(() => location.pathname.split('/').at(-1));
  await looks(a, context, 'eldership-reception', `/priemimai/${conference}`);
  await a.open(conference);
  return { a, conference };
}

async function signIn(visitor) {
  await visitor.goto('/prisijungti?toliau=/paskyra');
  await visitor.page.click('form[action="/prisijungti/viisp"] button');
  await visitor.page.waitForSelector('button[name=asmuo]');
  await visitor.page.click('button[name=asmuo][value="0"]');
  await visitor.until('is at the account', () => location.pathname === '/paskyra');
}

const marks = (visitor) =>
  visitor.eval(() => [...document.querySelectorAll('[data-residence]')].map((one) => one.parentElement.innerText.replace(/\s+/g, ' ').trim()));

scenario(async () => {
  const browser = await chromium({ devices: 'fake' });
  const { a, conference } = await announce(browser);
  const lobby = `/priemimai/${conference}/pokalbis`;

  const context = await lookingContext(browser, 390);
  const b = await Visitor.at(browser, url, 'resident', { context });
  await b.goto(lobby);
  await b.sees('.banner[data-barred]');
  await signIn(b);
  await b.page.selectOption('#seniunija', 'silainiai');
  await b.page.click('form[action="/paskyra/seniunija"] button');
  await b.sees('[data-residence=declared]');
  const declared = await marks(b);
  // Saying so is not enough, neither in the lobby nor past it.
  await looks(b, context, 'eldership-barred', lobby, '.banner[data-barred]');
  const enter = await b.eval(() => !!document.querySelector('[data-do=enter]'));
  const csrf = await b.page.getAttribute('#call', 'data-csrf');
  const refused = await b.eval(
    async ([id, token]) => {
      const headers = { 'content-type': 'application/json', 'x-csrf-token': token };
      const ask = (body) => fetch(`/api/v1/conferences/${id}/seat`, { method: 'POST', headers, body: JSON.stringify(body) });
      const answers = [await ask({ as: 'name' }), await ask({ as: 'anonymous' }), await ask({ as: 'anonymous', verified: true })];
      return Promise.all(answers.map(async (answer) => `${answer.status} ${(await answer.json()).code}`));
    },
    [conference, csrf],
  );
  // What the browser said of the refused requests.
  b.complaints.length = 0;
  say('declared', {});
  await toldToGoOn();

  await b.goto('/paskyra');
  await b.sees('[data-residence=confirmed]');
  const confirmed = await marks(b);
  await looks(b, context, 'eldership-account', '/paskyra');
  await b.enter(conference, { as: 'anonymous' });
  const barred = await b.eval(() => !!document.querySelector('.banner[data-barred]'));
  await b.leave();
  for (const complaint of [...a.complaints, ...b.complaints]) report.push(complaint);
  return { conference, declared, enter, refused, confirmed, barred, report };
});
