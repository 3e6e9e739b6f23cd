// A verified anonymous seat: a resident gets rights in advance, signs out, and takes a seat with a token and no name. The host
// sees which voice is verified and which is not, and nothing more.
import { chromium } from './browsers.mjs';
import { args, scenario } from './scenario.mjs';
import { Visitor } from './visitor.mjs';

const { url, conference, host, resident } = args;

/** The names on the tiles that somebody sees, with their marks. */
const seen = (visitor) =>
  visitor.eval(() => {
    const words = (tile) => `${tile.querySelector('.nm-text').textContent} ${tile.querySelector('[data-mark]')?.textContent ?? ''}`;
    return [...document.querySelectorAll('[data-tile]')].map((tile) => words(tile).replace(/\s+/g, ' ').trim()).sort();
  });

scenario(async () => {
  const a = await Visitor.at(await chromium({ devices: 'fake' }), url, 'host');
  await a.signIn(host.id);
  await a.open(conference);

  const b = await Visitor.at(await chromium({ devices: 'fake' }), url, 'resident');
  await b.signIn(resident.id);
  await b.goto('/mano-teises');
  // Its key is made after the reception is announced, which takes a moment.
  const isOpen = async (right) => (await (await fetch('/api/v1/rights')).json()).rights.some((one) => one.id === right);
  await b.until('may ask for a right', isOpen, `seat/${conference}`);
  await b.page.click('[data-do=collect]');
  await b.sees('[data-said=done]');
  const rights = Number(await b.page.getAttribute('[data-rights]', 'data-rights'));
  const [download] = await Promise.all([b.page.waitForEvent('download'), b.page.click('[data-do=download]')]);
  const copy = await download.path();
  // Signed out, and without any cookie: the token alone is the right.
  await b.page.context().clearCookies();

  const sent = [];
  b.page.on('request', (request) => {
    if (request.url().endsWith('/seat-by-token')) sent.push(request.allHeaders());
  });
  await b.enter(conference, { as: 'verified' });
  await a.enter(conference, { as: 'name' });
  const c = await Visitor.at(await chromium({ devices: 'fake' }), url, 'plain');
  await c.enter(conference, { as: 'anonymous' });
  await a.until('sees three', () => document.querySelectorAll('[data-tile]').length === 3);
  const names = await seen(a);
  const cookies = (await Promise.all(sent)).filter((headers) => headers.cookie).length;

  // After a reload the seat's ticket is still there.
  await b.page.reload();
  await b.enter(conference, { as: 'verified' });

  // The copy, in another browser: the token is spent, and that is said.
  const d = await Visitor.at(await chromium({ devices: 'fake' }), url, 'copy');
  await d.goto('/mano-teises');
  await d.page.setInputFiles('#rights-file', copy);
  await d.sees('[data-said=read]');
  await d.goto(`/priemimai/${conference}/pokalbis`);
  await d.until('may be verified', () => !!document.querySelector('input[value=verified]'));
  await d.page.click('input[name=as][value=verified]');
  if (await d.eval(() => !!document.querySelector('input[name=consent]'))) await d.page.click('input[name=consent]');
  await d.press('[data-do=enter]:not([disabled])');
  await d.sees('[data-view=error][data-code=token_spent]');
  return { rights, names, cookies, asked: sent.length };
});
