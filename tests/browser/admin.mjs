// An administrator who signs in through the state gateway looks for somebody, gives them a role and takes it away; they see it
// on their own page; the audit says both, and what was refused. Every page is looked at in three themes at two widths.
import { addsFirstKey, withAuthenticator } from './authenticator.mjs';
import { chromium } from './browsers.mjs';
import { THEMES, WIDTHS, look, lookingContext, setTheme, unroll } from './looks.mjs';
import { args, check, say, scenario } from './scenario.mjs';
import { Visitor } from './visitor.mjs';

const { url, name } = args;
const PEOPLE = '/valdymas/zmones';
const AUDIT = '/valdymas/auditas';

const text = (visitor) => visitor.eval(() => document.querySelector('main').innerText.replaceAll('\u00a0', ' '));
const path = (visitor) => visitor.eval(() => location.pathname);

/** The page at `where` (without: the one that stands there) in these themes. */
async function looks({ visitor, context, width, report }, label, where, themes = THEMES) {
  for (const theme of themes) {
    await setTheme(context, url, theme);
    await visitor.page.setViewportSize({ width, height: 844 });
    if (where) await visitor.goto(where);
    else await visitor.page.reload();
    await unroll(visitor, width);
    await look(visitor, label, theme, width, report);
  }
  await visitor.page.setViewportSize({ width, height: 844 });
}

/** The page that stands there, as it stands. */
async function once(visitor, label, theme, width, report) {
  await unroll(visitor, width);
  await look(visitor, label, theme, width, report);
  await visitor.page.setViewportSize({ width, height: 844 });
}

async function throughGateway(visitor) {
  await visitor.goto('/prisijungti?toliau=/valdymas');
  await visitor.press('form[action="/prisijungti/viisp"] button');
  await visitor.press('button[name=asmuo][value="0"]');
  await visitor.until('is asked for a passkey', () => location.pathname === '/prisijungti/raktas');
  // What the gateway's own page complains of is not ours.
  visitor.complaints.length = 0;
  await addsFirstKey(visitor);
  await visitor.press('[data-do=codes-kept]');
  await visitor.until('is in the area', () => location.pathname === '/valdymas');
}

/** Tabs to what `selector` names, as people without a mouse do. */
async function tabTo(visitor, selector) {
  for (let pressed = 0; pressed < 120; pressed += 1) {
    await visitor.page.keyboard.press('Tab');
    if (await visitor.eval((wanted) => document.activeElement?.matches(wanted), selector)) return;
  }
  throw new Error(`no way to ${selector} by keyboard`);
}

/** Finds Ona by the keyboard alone; her page. */
async function finds(visitor) {
  await visitor.goto(PEOPLE);
  await tabTo(visitor, '#vardas');
  await visitor.page.keyboard.type('kazlauskiene');
  await visitor.page.keyboard.press('Enter');
  await visitor.until('one is found', () => document.querySelectorAll('.admin-people > li').length === 1);
  await tabTo(visitor, '.admin-people a');
  await visitor.page.keyboard.press('Enter');
  await visitor.sees('#priezastis');
  return path(visitor);
}

/** What was asked for is done; on a machine so slow that the passkey was shown long ago, it is shown once more. */
async function isDone(visitor) {
  await visitor.sees('.banner.ok, [data-do=show-key]');
  if (await visitor.eval(() => document.querySelector('[data-do=show-key]'))) await visitor.press('[data-do=show-key]');
  await visitor.sees('.banner.ok');
}

/** Gives the role by the keyboard alone. */
async function gives(visitor, shown) {
  await tabTo(visitor, 'select[name=vaidmuo]');
  await visitor.page.keyboard.type('Tarybos');
  await tabTo(visitor, '#priezastis');
  await visitor.page.keyboard.type('Rinkimų komisijos sprendimas');
  await tabTo(visitor, 'main form button:not([name])');
  await visitor.page.keyboard.press('Enter');
  await visitor.sees('input[name=patvirtinta]~button');
  await shown();
  await tabTo(visitor, 'main form button');
  await visitor.page.keyboard.press('Enter');
  await isDone(visitor);
}

async function takes(visitor, reason, shown) {
  await visitor.press('.known a[href*="/atimti"]');
  await visitor.sees('.btn.danger');
  // Without a reason nothing is taken.
  await visitor.press('.btn.danger');
  await visitor.sees('.errmsg');
  await shown();
  await visitor.page.fill('#priezastis', reason);
  await visitor.press('.btn.danger');
  await isDone(visitor);
}

scenario(async () => {
  const browser = await chromium();
  const report = [];
  let facts = {};
  const context = await lookingContext(browser, WIDTHS[0]);
  const visitor = await Visitor.at(browser, url, 'administrator', { context });
  await withAuthenticator(visitor, context);
  await throughGateway(visitor);
  const other = await Visitor.at(browser, url, 'Ona', { context: await lookingContext(browser, WIDTHS[0]) });
  await other.goto('/prisijungti');
  const ona = await other.eval(() => [...document.querySelectorAll('button[name=account]')].find((b) => b.innerText.includes('Ona')).value);
  await other.signIn(ona);
  for (const width of WIDTHS) {
    const pages = { visitor, context, width, report };
    for (const one of [visitor, other]) await one.page.setViewportSize({ width, height: 844 });
    // Refused, and written down.
    await other.goto(PEOPLE);
    other.complaints.length = 0;

    await looks(pages, 'admin', '/valdymas', ['kontrastinga']);
    await looks(pages, 'admin-people', PEOPLE);
    await looks(pages, 'admin-people-none', `${PEOPLE}?vardas=niekas`, ['tamsi']);
    await looks(pages, 'admin-settings', '/valdymas/nustatymai', ['numatytoji']);
    const page = await finds(visitor);
    say('found', { width });
    check(page.endsWith(ona), `found ${page}`);
    await looks(pages, 'admin-person', page, width === 390 ? THEMES : ['tamsi']);
    await gives(visitor, () => once(visitor, 'admin-give', 'tamsi', width, report));
    await looks(pages, 'admin-given', null, ['numatytoji']);
    check((await text(visitor)).includes(name), 'who gave it is named');
    await other.goto('/paskyra');
    const seen = await text(other);
    await once(other, 'account-roles', 'numatytoji', width, report);
    check((await other.eval(() => fetch('/api/v1/session').then((a) => a.json()))).account.role === 'councillor', 'it counts');

    // Undone for a moment, and back; then taken with a reason.
    await visitor.press('.banner.ok button');
    await visitor.until('it is undone', () => !document.querySelector('.known a[href*="/atimti"]'));
    await visitor.press('.banner.ok button');
    await visitor.sees('.known a[href*="/atimti"]');
    await takes(visitor, 'Kadencija baigėsi', () => once(visitor, 'admin-take', 'tamsi', width, report));
    await other.goto('/paskyra');
    check((await text(other)).includes('Kadencija baigėsi'), 'the person sees why');

    await looks(pages, 'admin-audit', AUDIT);
    const audit = await text(visitor);
    await looks(pages, 'admin-audit-person', `${AUDIT}?asmuo=${ona}`, ['numatytoji']);
    check(!(await text(visitor)).includes('Neprisijungta'), 'of this person only');
    const csv = await visitor.eval(() => fetch('/valdymas/auditas.csv').then((answer) => answer.text()));
    await looks(pages, 'admin-rooms', '/valdymas/kambariai', ['numatytoji']);
    for (const { name: who, complaints } of [visitor, other]) {
      for (const complaint of complaints.splice(0)) report.push(`${width}, ${who}: ${complaint}`);
    }
    facts = { seen, audit, csv };
    say('width', { width });
  }
  return { report, ...facts };
});
