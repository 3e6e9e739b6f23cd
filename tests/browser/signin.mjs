// Signing in as people do: through the pages of the (simulated) state gateway, through a real OpenID provider, by e-ticket; and
// every page of it looked at in three themes at two widths.
import { chromium } from './browsers.mjs';
import { THEMES, WIDTHS, look, lookingContext, setTheme, unroll } from './looks.mjs';
import { args, say, scenario } from './scenario.mjs';
import { Visitor } from './visitor.mjs';

const { url } = args;
const isHere = (path) => `location.origin === '${url}' && location.pathname === '${path}'`;

/** Asks until the browser stands at this page of ours. */
const arrives = (visitor, path) => visitor.until(`is at ${path}`, `() => ${isHere(path)}`);

async function looks(visitor, context, name, path, width, report) {
  for (const theme of THEMES) {
    await setTheme(context, url, theme);
    await visitor.page.setViewportSize({ width, height: 844 });
    if (path) await visitor.goto(path);
    await unroll(visitor, width);
    await look(visitor, name, theme, width, report);
  }
  await visitor.page.setViewportSize({ width, height: 844 });
}

async function throughGateway(visitor) {
  await visitor.goto('/prisijungti?toliau=/archyvas');
  await visitor.page.click('form[action="/prisijungti/viisp"] button');
  await visitor.page.waitForSelector('button[name=asmuo]');
  await visitor.page.click('button[name=asmuo][value="0"]');
  await arrives(visitor, '/archyvas');
}

/** On pages of the provider: what those complain of (a font of theirs from far away) is not ours. */
async function elsewhere(visitor, walk) {
  const ours = visitor.complaints.length;
  await walk();
  visitor.complaints.length = ours;
}

async function throughProvider(visitor) {
  await visitor.goto('/prisijungti');
  await elsewhere(visitor, async () => {
    await visitor.page.click('form[action="/prisijungti/oidc"] button');
    await visitor.page.waitForSelector('input[name=login]');
    await visitor.page.fill('input[name=login]', 'ruta');
    await visitor.page.fill('input[name=password]', 'x');
    await visitor.page.click('button[type=submit]');
    await visitor.page.waitForSelector('input[name=prompt][value=consent]', { state: 'attached' });
    await visitor.page.click('button[type=submit]');
    await arrives(visitor, '/');
  });
}

/** Nothing but the keyboard. */
async function byCard(visitor) {
  await visitor.goto('/prisijungti');
  await visitor.page.focus('form[action="/prisijungti/eticket"] button');
  await visitor.page.keyboard.press('Enter');
  await visitor.page.waitForSelector('#card');
  await visitor.page.focus('#card');
  await visitor.page.keyboard.type('902467000001');
  await visitor.page.keyboard.press('Tab');
  await visitor.page.keyboard.type('1234');
  await visitor.page.keyboard.press('Enter');
  await arrives(visitor, '/');
}

const account = (visitor) => visitor.eval(() => fetch('/api/v1/session').then((answer) => answer.json()).then((body) => body.account));

scenario(async () => {
  const browser = await chromium();
  const report = [];
  const names = [];
  for (const width of WIDTHS) {
    const context = await lookingContext(browser, width);
    const visitor = await Visitor.at(browser, url, 'visitor', { context });
    await looks(visitor, context, 'signin', '/prisijungti', width, report);
    await visitor.page.click('form[action="/prisijungti/eticket"] button');
    await visitor.page.waitForSelector('#card');
    await look(visitor, 'signin-card', 'tamsi', width, report);
    await throughGateway(visitor);
    names.push((await account(visitor)).name);
    await looks(visitor, context, 'account', '/paskyra', width, report);
    await looks(visitor, context, 'account-erase', '/paskyra/istrinti', width, report);
    // A way that does not belong to any sign-in: said in words, with every way offered again.
    await visitor.page.goto(`${url}/prisijungti/oidc/grizti?state=x&code=y`);
    visitor.complaints.length = 0;
    await unroll(visitor, width);
    await look(visitor, 'signin-expired', 'tamsi', width, report);
    await context.clearCookies({ name: 'aikste_session' });
    await throughProvider(visitor);
    names.push((await account(visitor)).name);
    await visitor.goto('/prisijungti');
    await elsewhere(visitor, async () => {
      await visitor.page.click('form[action="/atsijungti"] button');
      await visitor.page.waitForSelector('button[value=yes]');
      await visitor.page.click('button[value=yes]');
      await arrives(visitor, '/prisijungti');
    });
    await byCard(visitor);
    names.push((await account(visitor)).name);
    say('width', { width });
    for (const complaint of visitor.complaints) report.push(`${width}: ${complaint}`);
    await context.close();
  }
  return { report, names };
});
