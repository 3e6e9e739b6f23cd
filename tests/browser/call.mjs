// The first call: A and B in Chromium, by name, each with a camera and a tone of their own; a third in Firefox, anonymous.
// Everyone does what people do: signs in, looks into the lobby, enters. What is seen and heard is measured in the pages.
import { chromium, firefox } from './browsers.mjs';
import { picturesPerSecond, tones } from './measure.mjs';
import { args, check, now, say, scenario } from './scenario.mjs';
import { Visitor } from './visitor.mjs';

const { url, conference, host, resident, shy, devices, tone_hz } = args;

/** Listens to everything the server says to a page over its sockets. */
function overhear(visitor) {
  const heard = [];
  visitor.page.on('websocket', (socket) => socket.on('framereceived', ({ payload }) => heard.push(String(payload))));
  return heard;
}

/** How `who` sees and hears the seat. */
async function received(who, seat, withPicture = true) {
  const picture = `[data-tile][data-seat="${seat}"] video`;
  if (withPicture) {
    await who.sees(picture, 20000);
    // The first moments after a join are the rate control's: what is measured in them is thrown away. (Firefox counts no
    // frames of a stream in getVideoPlaybackQuality, so waiting for a number of them is no way.)
    await who.eval(picturesPerSecond, { selector: picture, over_ms: 3000 });
  }
  const [fps, voices] = await Promise.all([
    withPicture ? who.eval(picturesPerSecond, { selector: picture, over_ms: 4000 }) : 0,
    who.eval(tones, { selector: `audio[data-voice][data-seat="${seat}"]`, over_ms: 4000 }),
  ]);
  return { fps, hz: voices[0]?.hz ?? null };
}

scenario(async () => {
  const a = await Visitor.at(await chromium({ devices: devices.a }), url, 'A');
  const b = await Visitor.at(await chromium({ devices: devices.b }), url, 'B');
  const heard = { a: overhear(a), b: overhear(b) };

  await a.signIn(host.id);
  await a.open(conference);
  await a.enter(conference, { as: 'name' });
  say('entered', { who: 'A' });
  await b.signIn(resident.id);
  await b.enter(conference, { as: 'name' });
  say('entered', { who: 'B' });

  const seat = { a: await b.seatOf(host.name), b: await a.seatOf(resident.name) };
  const pair = {
    a_of_b: await received(a, seat.b),
    b_of_a: await received(b, seat.a),
  };
  say('pair', pair);

  // The third is signed in, and chooses to be nobody.
  const c = await Visitor.at(await firefox(), url, 'C');
  await c.signIn(shy.id);
  await c.enter(conference, { as: 'anonymous' });
  say('entered', { who: 'C' });
  seat.c = await a.seatOf('Balsas 1');
  check((await b.seatOf('Balsas 1')) === seat.c, 'A and B see the anonymous voice in different seats');
  const three = {
    a_of_c: await received(a, seat.c, false),
    c_of_a: await received(c, seat.a),
    c_of_b: await received(c, seat.b),
  };
  say('three', three);
  const pages = { a: await a.eval(() => document.documentElement.outerHTML), b: await b.eval(() => document.documentElement.outerHTML) };

  const left = now();
  await a.leave();
  await b.seesNot(`[data-tile][data-seat="${seat.a}"]`, 5000);
  const gone_ms = now() - left;
  await a.sees('[data-view=left]');
  return { ...pair, ...three, gone_ms, tone_hz, heard, pages, complaints: [...a.complaints, ...b.complaints, ...c.complaints] };
});
