// A public terminal and a phone: the terminal shows a code, the phone confirms, the terminal is signed in and clears itself when
// nobody touches it (time is the browser's own made-up one); then a refusal. Pages are looked at as a kiosk and as a phone.
import { chromium } from './browsers.mjs';
import { THEMES, look, lookingContext, setLanguage, setTheme, unroll } from './looks.mjs';
import { args, check, scenario } from './scenario.mjs';
import { Visitor } from './visitor.mjs';

const { url, account } = args;
const report = [];
const KIOSKS = [
  { width: 1080, height: 1920 },
  { width: 1280, height: 800 },
];

/** The page as it stands, in every theme and both languages, without asking for another code. */
async function looks(visitor, context, name, path, sizes) {
  const drawn = THEMES.map((theme) => ({ theme, language: 'lt' })).concat({ theme: THEMES[0], language: 'en' });
  for (const size of sizes) {
    await visitor.page.setViewportSize(size);
    for (const { theme, language } of drawn) {
      await setTheme(context, url, theme);
      await setLanguage(context, url, language);
      await visitor.goto(path);
      await look(visitor, language === 'lt' ? name : `${name}-${language}`, theme, size.width, report);
    }
  }
  await setTheme(context, url, THEMES[0]);
  await setLanguage(context, url, 'lt');
  await visitor.goto(path);
}

async function begins(terminal) {
  await terminal.goto('/prisijungti');
  await terminal.press('form[action="/prisijungti/telefonu"] button');
  await terminal.sees('[data-phone-code]');
  return terminal.eval(() => ({
    code: document.querySelector('[data-phone-code]').textContent,
    number: document.querySelector('[data-phone-number]').textContent,
  }));
}

scenario(async () => {
  const browser = await chromium();
  const kiosk = await lookingContext(browser, 1280);
  const hand = await lookingContext(browser, 390);
  const terminal = await Visitor.at(browser, url, 'terminal', { context: kiosk });
  const phone = await Visitor.at(browser, url, 'phone', { context: hand });
  await terminal.page.clock.install();

  const { code, number } = await begins(terminal);
  await looks(terminal, kiosk, 'phone-terminal', '/prisijungti/telefonu', KIOSKS);
  const small = await terminal.eval(() =>
    [...document.querySelectorAll('.phone-terminal p, .phone-terminal h2, .phone-terminal .btn')].filter(
      (e) => parseFloat(getComputedStyle(e).fontSize) < 23.9 || (e.matches('.btn') && e.offsetHeight < 56),
    ).length,
  );
  check(small === 0, `${small} things are too small for a terminal`);

  // The phone types the code, signs in, and comes back to the decision.
  await phone.goto('/telefonas');
  await unroll(phone, 390);
  await look(phone, 'phone-code', THEMES[0], 390, report);
  await phone.page.fill('#kodas', code.toLowerCase().replace('-', ' '));
  await phone.press('form[action="/telefonas"] button');
  await phone.until('is led to the sign-in', () => location.pathname === '/prisijungti');
  await phone.press(`button[name=account][value="${account}"]`);
  await phone.sees('.phone-numbers');
  await looks(phone, hand, 'phone-decide', new URL(phone.page.url()).pathname, [{ width: 390, height: 844 }]);
  const bottom = await phone.eval(() => Math.max(...[...document.querySelectorAll('.actbar .btn')].map((b) => b.getBoundingClientRect().bottom)));
  check(bottom <= 844, `the buttons end at ${bottom}`);
  // Without a number nothing is decided.
  await phone.press('button[value=patvirtinti]');
  await phone.sees('#skaicius-e');
  phone.complaints.length = 0;
  await phone.page.check(`input[name=skaicius][value="${number}"]`);
  await phone.press('button[value=patvirtinti]');
  await phone.sees('.banner.ok');
  await unroll(phone, 390);
  await look(phone, 'phone-decided', THEMES[0], 390, report);

  await terminal.page.clock.runFor(3_000);
  await terminal.sees('[data-terminal]');
  const buttons = await terminal.eval(() => document.querySelectorAll('form[action^="/atsijungti"]').length);
  check(buttons === 1, `${buttons} buttons end it`);
  await looks(terminal, kiosk, 'terminal-account', '/paskyra', KIOSKS);
  check((await terminal.eval(() => document.querySelectorAll('[href="/paskyra/duomenys.json"], [href="/paskyra/istrinti"]').length)) === 0, 'an account is not guarded');
  await terminal.goto('/mano-teises');
  check(await terminal.eval(() => !document.querySelector('#rights') && document.querySelector('main .banner') !== null), 'rights would be lost here');
  await look(terminal, 'terminal-rights', THEMES[0], 1280, report);
  await terminal.goto('/paskyra');
  await phone.goto('/paskyra');
  check(await phone.eval(() => document.querySelector('[aria-labelledby=sesijos]').innerText.includes('Terminalas')), 'the phone does not list it');

  // Nobody touches it: it asks; somebody answers; nobody touches it again.
  await terminal.page.clock.runFor(41_000);
  await terminal.sees('dialog[open]');
  await look(terminal, 'terminal-ask', THEMES[0], 1280, report);
  await terminal.press('[data-terminal-stay]');
  await terminal.page.clock.runFor(30_000);
  check(!(await terminal.eval(() => document.querySelector('dialog[open]'))), 'it asks too early');
  await terminal.page.clock.runFor(31_000);
  await terminal.until('has cleared itself', () => location.search === '?baigta=taip');
  await look(terminal, 'terminal-ended', THEMES[0], 1280, report);
  await terminal.page.goBack();
  await terminal.until('shows nobody', () => !document.querySelector('[data-terminal]'));

  // Another one, refused.
  terminal.complaints.length = 0;
  const second = await begins(terminal);
  await phone.goto(`/t/${second.code.replace('-', '')}`);
  await phone.press('button[value=atsisakyti]');
  await phone.sees('.banner.warn');
  await terminal.page.clock.runFor(3_000);
  await terminal.sees('.banner.warn');
  await look(terminal, 'phone-refused', THEMES[0], 1280, report);
  for (const complaint of [...terminal.complaints, ...phone.complaints]) report.push(complaint);
  return { report };
});
