// The first call: A and B in Chromium, by name, each with a camera and a tone of their own; a third in Firefox, anonymous.
// Everyone does what people do: signs in, looks into the lobby, enters. What is seen and heard is measured in the pages.
import { chromium, firefox } from './browsers.mjs';
import { decoded, picturesPerSecond, tones } from './measure.mjs';
import { args, check, now, reached, say, scenario } from './scenario.mjs';
import { Visitor } from './visitor.mjs';

const { url, conference, host, resident, shy, devices, tones_hz } = args;

/** What is seen and heard when a call works: so many pictures decoded a second, so loud, this close to the tone. */
const { fps: FPS, loud: LOUD, tolerance_hz: TOLERANCE_HZ } = args.works;

/** Listens to everything the server says to a page over its sockets. */
function overhear(visitor) {
  const heard = [];
  visitor.page.on('websocket', (socket) => socket.on('framereceived', ({ payload }) => heard.push(String(payload))));
  return heard;
}

/**
 * How `who` sees and hears the seat: pictures decoded a second, the tone (where the engine runs an analyser: Firefox does
 * not without a sound card), and how loud what it decodes is. It is measured until it is as it should be: encoders begin
 * small and slow, later on a slow machine, and a browser that starts beside them takes all there is.
 */
async function received(who, seat, tone_hz, withPicture = true) {
  const [picture, voice] = [`[data-tile][data-seat="${seat}"] video`, `audio[data-voice][data-seat="${seat}"]`];
  if (withPicture) await who.sees(picture);
  // A voice has its place once it sounds: whoever has just come may not have said anything yet.
  await who.until(`has a place for the voice of seat ${seat}`, (wanted) => !!document.querySelector(wanted), voice);
  const over_ms = 4000;
  return reached(
    async () => {
      const [video, shown, voices, audio] = await Promise.all([
        withPicture ? who.eval(decoded, { selector: picture, over_ms }) : null,
        withPicture ? who.eval(picturesPerSecond, { selector: picture, over_ms }) : 0,
        who.eval(tones, { selector: voice, over_ms }),
        who.eval(decoded, { selector: voice, over_ms }),
      ]);
      return { fps: video?.fps ?? 0, shown, hz: voices[0]?.hz ?? null, rms: audio?.rms ?? 0 };
    },
    ({ fps, shown, hz, rms }) =>
      (!withPicture || (fps >= FPS && shown > 1)) && rms > LOUD && (!tone_hz || Math.abs((hz ?? 0) - tone_hz) < TOLERANCE_HZ),
  );
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
    a_of_b: await received(a, seat.b, tones_hz.b),
    b_of_a: await received(b, seat.a, tones_hz.a),
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
    a_of_c: await received(a, seat.c, tones_hz.c, false),
    c_of_a: await received(c, seat.a, null),
    c_of_b: await received(c, seat.b, null),
  };
  say('three', three);
  const pages = { a: await a.eval(() => document.documentElement.outerHTML), b: await b.eval(() => document.documentElement.outerHTML) };

  const left = now();
  await a.leave();
  await b.seesNot(`[data-tile][data-seat="${seat.a}"]`);
  const gone_ms = now() - left;
  await a.sees('[data-view=left]');
  return { ...pair, ...three, gone_ms, heard, pages, complaints: [...a.complaints, ...b.complaints, ...c.complaints] };
});
