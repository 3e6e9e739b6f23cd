// `node bench-join.mjs PROGRAM JOINS`: from the press of "enter" in the lobby to the first decoded picture of the other
// one, over loopback, in Chromium; with a server of its own. Prints the median.
import { chromium } from './browsers.mjs';
import { end } from './scenario.mjs';
import { serve } from './server.mjs';
import { Visitor } from './visitor.mjs';

const [program, joins = '20'] = process.argv.slice(2);

/** In the page: presses "enter"; milliseconds until a picture of somebody else is decoded. */
function enterAndSee() {
  const consent = document.querySelector('input[name=consent]');
  if (consent && !consent.checked) consent.click();
  const began = performance.now();
  document.querySelector('[data-do=enter]').click();
  return new Promise((resolve, reject) => {
    const limit = setTimeout(() => reject(new Error('no picture within 20 s')), 20000);
    const watched = new WeakSet();
    const look = () => {
      for (const video of document.querySelectorAll('[data-tile]:not([data-own]) video')) {
        if (watched.has(video)) continue;
        watched.add(video);
        video.requestVideoFrameCallback((now) => {
          clearTimeout(limit);
          observer.disconnect();
          resolve(now - began);
        });
      }
    };
    const observer = new MutationObserver(look);
    observer.observe(document.body, { subtree: true, childList: true, attributes: true });
    look();
  });
}

async function main() {
  const url = await serve(program);
  const ask = async (path) => (await fetch(url + path)).json();
  const accounts = (await ask('/api/v1/demonstration/accounts')).accounts;
  const conferences = await ask('/api/v1/conferences?when=coming');
  const conference = conferences.conferences.find((one) => one.audience === 'anyone');
  const host = accounts.find((account) => account.name === conference.host_name);
  const resident = accounts.find((account) => account.role === 'resident');

  const a = await Visitor.at(await chromium({ devices: 'fake' }), url, 'A');
  await a.signIn(host.id);
  await a.open(conference.id);
  await a.enter(conference.id, { as: 'name' });
  const b = await Visitor.at(await chromium({ devices: 'fake' }), url, 'B');
  await b.signIn(resident.id);

  const took = [];
  for (let i = 0; i < Number(joins); i += 1) {
    await b.goto(`/priemimai/${conference.id}/pokalbis`);
    // As after a look at oneself: the devices are open.
    await b.sees('[data-view=lobby] video');
    await b.sees('[data-do=enter]');
    took.push(await b.eval(enterAndSee));
    await b.leave();
    await b.sees('[data-view=left]');
  }
  took.sort((x, y) => x - y);
  const at = (share) => took[Math.min(took.length - 1, Math.floor(share * took.length))].toFixed(0);
  console.log(`${took.length} joins: median ${at(0.5)} ms, fastest ${at(0)} ms, 90 % within ${at(0.9)} ms, slowest ${at(1)} ms`);
}

let code = 0;
try {
  await main();
} catch (error) {
  console.error(error);
  code = 1;
}
await end(code);
