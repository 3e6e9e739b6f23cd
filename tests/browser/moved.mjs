// Two people talk; the address of one of them changes in the middle of the call, as when Wi-Fi gives way to a mobile network.
import { chromium } from './browsers.mjs';
import { Lab } from './lab.mjs';
import { arrived, flows, watchArrival } from './measure.mjs';
import { args, say, scenario } from './scenario.mjs';
import { Visitor } from './visitor.mjs';

const { url, conference, host, resident, devices, how } = args;

/** From now on what `who` hears and sees of the seat is watched. */
async function watch(who, seat) {
  const [picture, voice] = [`[data-tile][data-seat="${seat}"] video`, `audio[data-voice][data-seat="${seat}"]`];
  await who.sees(picture);
  await who.until(`has a place for the voice of seat ${seat}`, (wanted) => !!document.querySelector(wanted), voice);
  await new Promise((resolve) => setTimeout(resolve, 2000));
  await who.eval(watchArrival, { selector: voice, name: 'sound' });
  await who.eval(watchArrival, { selector: picture, name: 'picture' });
}

async function noted(who) {
  return { sound: await who.eval(arrived, 'sound'), picture: await who.eval(arrived, 'picture') };
}

const later = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

scenario(async () => {
  const lab = await Lab.of(['a', 'b'], url);
  const a = await Visitor.at(await chromium({ devices: devices.a, network: lab.in('a') }), lab.url, 'A');
  const b = await Visitor.at(await chromium({ devices: devices.b, network: lab.in('b') }), lab.url, 'B');
  await a.signIn(host.id);
  await a.open(conference);
  await a.enter(conference, { as: 'name' });
  await b.signIn(resident.id);
  await b.enter(conference, { as: 'name' });
  const before = { a: await b.seatOf(host.name), b: await a.seatOf(resident.name) };
  await watch(a, before.b);
  await watch(b, before.a);
  await later(5000);
  say('talking', { a: await noted(a), b: await noted(b) });
  const moves = [];
  for (const [place, { first, command }] of how.entries()) {
    if (first) {
      // Browsers look for new networks every few seconds.
      await lab.say(first);
      await later(4000);
    }
    await watch(a, before.b);
    await watch(b, before.a);
    await lab.say(command);
    await later(8000);
    for (const who of [a, b]) await who.until('hears the other again', flows, 'sound');
    const seen = { command, a: await noted(a), b: await noted(b), seats: { a: await b.seatOf(host.name), b: await a.seatOf(resident.name) } };
    moves.push(seen);
    say(`moved ${place}`, seen);
  }
  return { before, moves, complaints: [...a.complaints, ...b.complaints] };
});
