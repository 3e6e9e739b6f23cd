// Passkeys as staff use them, with a virtual authenticator: added after signing in, asked for at the next sign-in, refused without
// it, and a recovery code instead, once. Every page of it is looked at in three themes at two widths.
import { chromium } from './browsers.mjs';
import { THEMES, WIDTHS, look, lookingContext, setTheme, unroll } from './looks.mjs';
import { args, check, say, scenario, toldToGoOn } from './scenario.mjs';
import { Visitor } from './visitor.mjs';

const { url } = args;

async function looks(visitor, context, name, path, report) {
  for (const width of WIDTHS) {
    for (const theme of THEMES) {
      await setTheme(context, url, theme);
      await visitor.page.setViewportSize({ width, height: 844 });
      await visitor.goto(path);
      await visitor.sees('#passkeys > *');
      await unroll(visitor, width);
      await look(visitor, name, theme, width, report);
    }
  }
}

async function signIn(visitor) {
  await visitor.goto('/prisijungti?toliau=/archyvas');
  await visitor.page.click('form[action="/prisijungti/viisp"] button');
  await visitor.press('button[name=asmuo][value="0"]');
  await visitor.until('has come back', (ours) => location.origin === ours && !location.pathname.endsWith('/grizti'), url);
}

const session = (visitor) => visitor.eval(() => fetch('/api/v1/session').then((answer) => answer.json()).then((body) => body.account));
const at = (visitor, path) => visitor.until(`is at ${path}`, (wanted) => location.pathname === wanted, path);

scenario(async () => {
  const browser = await chromium();
  const report = [];
  const context = await lookingContext(browser, 1280);
  const visitor = await Visitor.at(browser, url, 'staff', { context });
  const devtools = await context.newCDPSession(visitor.page);
  await devtools.send('WebAuthn.enable');
  const { authenticatorId } = await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true },
  });
  const verified = (isUserVerified) => devtools.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified });

  await signIn(visitor);
  await at(visitor, '/archyvas');
  say('resident');
  // The test gives the account an office.
  await toldToGoOn();
  await signIn(visitor);
  await at(visitor, '/prisijungti/raktas');
  check((await session(visitor)).role === 'resident', 'an office counted without a passkey');
  await looks(visitor, context, 'passkey-first', '/prisijungti/raktas?toliau=/archyvas', report);
  // By keyboard.
  await visitor.page.focus('#key-name');
  await visitor.page.keyboard.type('Darbo telefonas');
  await visitor.page.keyboard.press('Enter');
  await visitor.sees('[data-view=codes]');
  const codes = await visitor.eval(() => [...document.querySelectorAll('.codes code')].map((one) => one.textContent));
  await unroll(visitor, 1280);
  await look(visitor, 'passkey-codes', 'tamsi', 1280, report);
  await visitor.press('[data-do=codes-kept]');
  await at(visitor, '/archyvas');
  const first = (await session(visitor)).role;
  await looks(visitor, context, 'passkey-account', '/paskyra', report);

  await signIn(visitor);
  await looks(visitor, context, 'passkey-ask', '/prisijungti/raktas?toliau=/archyvas', report);
  // An authenticator that does not know its user.
  await verified(false);
  await visitor.press('[data-do=show-key]');
  await visitor.sees('[role=alert]', 30000);
  const refused = (await session(visitor)).role;
  await verified(true);
  await visitor.press('[data-do=show-key]');
  await at(visitor, '/archyvas');
  const shown = (await session(visitor)).role;

  const spend = async () => {
    await signIn(visitor);
    await visitor.press('details.more summary');
    await visitor.page.fill('#key-code', codes[0].toLowerCase());
    await visitor.press('[data-do=spend-code]');
  };
  await spend();
  await at(visitor, '/archyvas');
  const recovered = (await session(visitor)).role;
  visitor.complaints.length = 0;
  await spend();
  await visitor.sees('[role=alert]');
  const again = (await session(visitor)).role;
  await visitor.goto('/paskyra');
  await visitor.sees('#passkeys .row');
  await unroll(visitor, 1280);
  await look(visitor, 'passkey-spent', 'numatytoji', 1280, report);
  return { report, codes: codes.length, roles: [first, refused, shown, recovered, again] };
});
