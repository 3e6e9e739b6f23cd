// Passkeys as staff use them, with a virtual authenticator: added after signing in, asked for at the next sign-in, refused without
// it, and a recovery code instead, once. Every page of it is looked at in three themes at two widths.
import { addsFirstKey, withAuthenticator } from './authenticator.mjs';
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
  const ours = visitor.complaints.length;
  await visitor.goto('/prisijungti?toliau=/archyvas');
  await visitor.press('form[action="/prisijungti/viisp"] button');
  await visitor.press('button[name=asmuo][value="0"]');
  await visitor.until('has come back', (ours) => location.origin === ours && !location.pathname.endsWith('/grizti'), url);
  // What the gateway's own page complains of is not ours.
  visitor.complaints.length = ours;
}

const session = (visitor) => visitor.eval(() => fetch('/api/v1/session').then((answer) => answer.json()).then((body) => body.account));
const opens = (visitor) => visitor.eval(() => fetch('/valdymas').then((answer) => answer.status));
const at = (visitor, path) => visitor.until(`is at ${path}`, (wanted) => location.pathname === wanted, path);

scenario(async () => {
  const browser = await chromium();
  const report = [];
  const context = await lookingContext(browser, 1280);
  const visitor = await Visitor.at(browser, url, 'staff', { context });
  const verified = await withAuthenticator(visitor, context);

  await signIn(visitor);
  await at(visitor, '/archyvas');
  say('resident', { account: (await session(visitor)).id });
  // The test gives the account an office.
  await toldToGoOn();
  await signIn(visitor);
  await at(visitor, '/prisijungti/raktas');
  check((await session(visitor)).role === 'resident', 'an office counted without a passkey');
  await looks(visitor, context, 'passkey-first', '/prisijungti/raktas?toliau=/archyvas', report);
  const complaints = [...visitor.complaints];
  // The area of administrators, before a key was shown and after.
  const doors = [await opens(visitor)];
  visitor.complaints.length = 0;
  const codes = await addsFirstKey(visitor);
  await unroll(visitor, 1280);
  await look(visitor, 'passkey-codes', 'tamsi', 1280, report);
  await visitor.press('[data-do=codes-kept]');
  await at(visitor, '/archyvas');
  const first = (await session(visitor)).role;
  doors.push(await opens(visitor));
  await looks(visitor, context, 'passkey-account', '/paskyra', report);

  await signIn(visitor);
  await looks(visitor, context, 'passkey-ask', '/prisijungti/raktas?toliau=/archyvas', report);
  complaints.push(...visitor.complaints);
  // An authenticator that does not know its user.
  await verified(false);
  await visitor.press('[data-do=show-key]');
  await visitor.sees('[role=alert]');
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
  await spend();
  await visitor.sees('[role=alert]');
  const again = (await session(visitor)).role;
  await visitor.goto('/paskyra');
  await visitor.sees('#passkeys .row');
  await unroll(visitor, 1280);
  await look(visitor, 'passkey-spent', 'numatytoji', 1280, report);
  for (const complaint of complaints) report.push(complaint);
  return { report, codes: codes.length, doors, roles: [first, refused, shown, recovered, again] };
});
