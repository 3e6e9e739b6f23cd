// An eldership's counter: a worker acts with a resident who is present, by document; the resident sees it on their own page. Then an
// administrator, who has come by a recovery code, gives a role and takes the worker's passkeys away: both ask for a passkey once
// more and lose nothing that was filled in. Pages are looked at in three themes at two widths.
import { addsFirstKey, withAuthenticator } from './authenticator.mjs';
import { chromium } from './browsers.mjs';
import { THEMES, WIDTHS, look, lookingContext, setTheme, unroll } from './looks.mjs';
import { args, check, say, scenario, toldToGoOn } from './scenario.mjs';
import { Visitor } from './visitor.mjs';

const { url, code, given, family } = args;
const report = [];

const text = (visitor) => visitor.eval(() => document.querySelector('main').innerText.replaceAll('\u00a0', ' '));
const session = (visitor) => visitor.eval(() => fetch('/api/v1/session').then((answer) => answer.json()).then((body) => body.account));
const at = (visitor, path) => visitor.until(`is at ${path}`, (wanted) => location.pathname === wanted, path);

/** A page at an address in these themes at every width. */
async function looks(visitor, context, name, path, themes = THEMES) {
  for (const width of WIDTHS) {
    for (const theme of themes) {
      await setTheme(context, url, theme);
      await visitor.page.setViewportSize({ width, height: 844 });
      await visitor.goto(path);
      await unroll(visitor, width);
      await look(visitor, name, theme, width, report);
    }
  }
}

/** The page as it stands, at every width. */
async function once(visitor, name) {
  const theme = await visitor.eval(() => document.documentElement.dataset.theme ?? 'numatytoji');
  for (const width of WIDTHS) {
    await visitor.page.setViewportSize({ width, height: 844 });
    await unroll(visitor, width);
    await look(visitor, name, theme, width, report);
  }
}

async function comes(browser, who, number) {
  const context = await lookingContext(browser, 1280);
  const visitor = await Visitor.at(browser, url, who, { context });
  await withAuthenticator(visitor, context);
  await signIn(visitor, number);
  return { visitor, context };
}

async function signIn(visitor, number) {
  const ours = visitor.complaints.length;
  await visitor.goto('/prisijungti?toliau=/paskyra');
  await visitor.press('form[action="/prisijungti/viisp"] button');
  await visitor.press(`button[name=asmuo][value="${number}"]`);
  await visitor.until('has come back', (ours) => location.origin === ours && !location.pathname.endsWith('/grizti'), url);
  // What the gateway's own page complains of is not ours.
  visitor.complaints.length = ours;
}

async function withOffice(visitor, number) {
  await signIn(visitor, number);
  await at(visitor, '/prisijungti/raktas');
  const codes = await addsFirstKey(visitor);
  await visitor.press('[data-do=codes-kept]');
  await at(visitor, '/paskyra');
  return codes;
}

async function tabTo(visitor, selector) {
  for (let pressed = 0; pressed < 120; pressed += 1) {
    await visitor.page.keyboard.press('Tab');
    if (await visitor.eval((wanted) => document.activeElement?.matches(wanted), selector)) return;
  }
  throw new Error(`no way to ${selector} by keyboard`);
}

/** Fills the form by the keyboard alone and sends it. */
async function begins(visitor, { purpose, first = given, last = family, digits = code }) {
  const { keyboard } = visitor.page;
  await visitor.goto('/langelis');
  await tabTo(visitor, 'input[name=tikslas]');
  await keyboard.press('Space');
  for (let down = 0; down < purpose; down += 1) await keyboard.press('ArrowDown');
  await tabTo(visitor, 'input[name=dokumentas]');
  await keyboard.press('Space');
  for (const [field, words] of [['#vardas', first], ['#pavarde', last], ['#kodas', digits]]) {
    await tabTo(visitor, field);
    await keyboard.type(words);
  }
  await tabTo(visitor, '#seniunija');
  await visitor.page.selectOption('#seniunija', 'silainiai');
  await tabTo(visitor, '#patvirtinta');
  await keyboard.press('Space');
  await tabTo(visitor, 'form .btn.big');
  await keyboard.press('Enter');
  await visitor.sees('.banner.no, [data-assisting]');
}

async function atTheCounter({ visitor, context }) {
  await looks(visitor, context, 'counter', '/langelis');
  // Nothing filled in, a wrong code.
  await visitor.press('form .btn.big');
  await visitor.sees('.banner.no');
  await once(visitor, 'counter-missing');
  const missing = await visitor.eval(() => document.querySelectorAll('main .errmsg').length);
  await begins(visitor, { purpose: 0, digits: '49007043971' });
  await visitor.sees('#kodas-e');
  check((await visitor.eval(() => document.querySelector('#kodas').value)) === '', 'the code came back');
  check((await visitor.eval(() => document.querySelector('#vardas').value)) === given, 'the name was lost');

  await begins(visitor, { purpose: 0 });
  await looks(visitor, context, 'counter-open', '/langelis');
  await looks(visitor, context, 'counter-elsewhere', '/priemimai', ['tamsi']);
  const bar = await visitor.eval(() => document.querySelector('[data-assisting]').innerText);
  await visitor.goto('/langelis');
  await visitor.page.selectOption('#gyvena', 'centras');
  await visitor.press('form[action="/langelis/seniunija"] button');
  await visitor.sees('main .banner.ok');
  await once(visitor, 'counter-done');
  await visitor.goto('/archyvas');
  await visitor.press('[data-assisting] button');
  await visitor.until('it is over', () => location.search === '?baigta=taip');
  check(!(await visitor.eval(() => document.querySelector('[data-assisting]'))), 'the bar stays');

  // Her code with another's name.
  await begins(visitor, { purpose: 0, first: 'Petras', last: 'Petraitis' });
  const other = await visitor.eval(() => document.querySelector('.banner.no').innerText);
  await once(visitor, 'counter-other-name');
  visitor.complaints.length = 0;

  await begins(visitor, { purpose: 1 });
  await visitor.press('form[action="/langelis/duomenys"] button');
  await visitor.sees('[data-assisted]');
  await once(visitor, 'counter-facts');
  const shown = await text(visitor);
  await visitor.press('[data-assisting] button');
  await visitor.until('it is over', () => location.search === '?baigta=taip');
  await once(visitor, 'counter-ended');
  return { missing, other, bar, shown };
}

/** Ended by the worker's signing out. */
async function signedOutAtTheCounter(visitor) {
  await begins(visitor, { purpose: 2 });
  await visitor.press('form[action="/langelis/sesijos"] button');
  await visitor.sees('main .banner.ok');
  await once(visitor, 'counter-lost');
  await visitor.goto('/paskyra');
  await visitor.press('form[action="/atsijungti"] button');
  await visitor.until('is signed out', () => location.pathname === '/prisijungti');
}

async function residentLooks({ visitor, context }) {
  await signIn(visitor, 2);
  await at(visitor, '/paskyra');
  await looks(visitor, context, 'account-assisted', '/paskyra');
  const seen = await visitor.eval(() => document.querySelector('[data-assisted]').innerText);
  const data = await visitor.eval(() => fetch('/paskyra/duomenys.json').then((answer) => answer.json()));
  return { seen, data: data.assistances, provider: data.identities[0].provider };
}

async function administers({ visitor, context }, codes, person) {
  await signIn(visitor, 1);
  await visitor.press('details.more summary');
  await visitor.page.fill('#key-code', codes[0]);
  await visitor.press('[data-do=spend-code]');
  await at(visitor, '/paskyra');
  const page = `/valdymas/zmones/${person}`;
  await looks(visitor, context, 'admin-person-keys', page, ['numatytoji']);
  // The role is given only once a key was shown; what was filled in is not lost.
  await visitor.page.selectOption('#vaidmuo', 'editor');
  await visitor.page.fill('#priezastis', 'Naujienų „Santaka“ redagavimas');
  await visitor.press('form[action$="/suteikti"] button');
  await visitor.sees('input[name=patvirtinta]~button');
  await visitor.press('input[name=patvirtinta]~button');
  await visitor.sees('[data-do=show-key]');
  await once(visitor, 'admin-fresh');
  await visitor.press('[data-do=show-key]');
  await visitor.sees('.banner.ok');
  const given = await text(visitor);

  await looks(visitor, context, 'admin-keys', `${page}/raktai`);
  await visitor.press('.btn.danger');
  await visitor.sees('.errmsg');
  await once(visitor, 'admin-keys-missing');
  await visitor.page.selectOption('#priezastis', 'stolen');
  await visitor.press('.btn.danger');
  await visitor.sees('.banner.ok');
  await once(visitor, 'admin-keys-gone');
  const gone = await text(visitor);
  await looks(visitor, context, 'admin-audit-counter', '/valdymas/auditas', ['numatytoji']);
  return { given, gone, audit: await text(visitor) };
}

scenario(async () => {
  const browser = await chromium();
  const worker = await comes(browser, 'worker', 0);
  const admin = await comes(browser, 'administrator', 1);
  const ids = [(await session(worker.visitor)).id, (await session(admin.visitor)).id];
  say('residents', { worker: ids[0], admin: ids[1] });
  // The test gives them their offices.
  await toldToGoOn();
  await withOffice(worker.visitor, 0);
  const codes = await withOffice(admin.visitor, 1);
  const counter = await atTheCounter(worker);
  say('counter', {});
  await signedOutAtTheCounter(worker.visitor);
  const context = await lookingContext(browser, 390);
  const resident = { visitor: await Visitor.at(browser, url, 'resident', { context }), context };
  const seen = await residentLooks(resident);
  say('seen', {});
  const administered = await administers(admin, codes, ids[0]);
  for (const { name, complaints } of [worker.visitor, admin.visitor, resident.visitor]) {
    for (const complaint of complaints) report.push(`${name}: ${complaint}`);
  }
  return { report, ...counter, ...seen, ...administered };
});
