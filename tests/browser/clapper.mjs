// One claps (a flash and a click from files), another sees and hears it: how far apart do they arrive, compared with how far
// apart the devices themselves are?
import { chromium, firefox } from './browsers.mjs';
import { Lab } from './lab.mjs';
import { claps, forgetClaps, watchClaps } from './measure.mjs';
import { args, check, reached, say, scenario } from './scenario.mjs';
import { Visitor } from './visitor.mjs';

const { url, conference, host, resident, devices, receiver, loss, over_s, at_most_ms } = args;
const EVERY_MS = 2000;
const later = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

scenario(async () => {
  const lab = await Lab.of(['a', 'b'], url);
  const a = await Visitor.at(await chromium({ devices: devices.a, network: lab.in('a') }), lab.url, 'A');
  // Firefox is driven over loopback, so it stays beside the server.
  const beside = receiver === 'firefox';
  const b = beside
    ? await Visitor.at(await firefox(), url, 'B')
    : await Visitor.at(await chromium({ devices: devices.b, network: lab.in('b') }), lab.url, 'B');
  await a.signIn(host.id);
  await a.open(conference);
  await a.enter(conference, { as: 'name' });
  await b.signIn(resident.id);
  await b.enter(conference, { as: 'name', camera: false });
  const seat = await b.seatOf(host.name);
  const [picture, voice] = [`[data-tile][data-seat="${seat}"] video`, `audio[data-voice][data-seat="${seat}"]`];
  await b.sees(picture);
  await b.until('hears the voice', (wanted) => !!document.querySelector(wanted), voice);
  if (loss > 0) {
    await lab.say(`set a both delay_ms=20 loss=${loss}`);
    await lab.say(beside ? `here loss ${loss}` : `set b both delay_ms=20 loss=${loss}`);
  }
  await later(5000);
  await a.eval(watchClaps, {});
  await b.eval(watchClaps, { picture, voice, energy: beside });
  // A browser brings sound and picture together step by step: the next claps count anew.
  const { sent, received } = await reached(
    async () => {
      await a.eval(forgetClaps);
      await b.eval(forgetClaps);
      await later(over_s * 1000);
      const found = { sent: await a.eval(claps, EVERY_MS), received: await b.eval(claps, EVERY_MS) };
      say('claps', found);
      return found;
    },
    ({ sent, received }) =>
      sent.claps >= 3 && received.claps >= 3 && Math.abs(received.after_ms - sent.after_ms) <= at_most_ms,
  );
  check(sent.claps >= 3 && received.claps >= 3, `too few claps: ${JSON.stringify({ sent, received })}`);
  return { sent, received, apart_ms: received.after_ms - sent.after_ms };
});
