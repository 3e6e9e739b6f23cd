// One sends a large picture, one receives it over a link that loses packets, becomes narrow, recovers, and lets little more than
// a voice through.
import { chromium } from './browsers.mjs';
import { Lab } from './lab.mjs';
import { arrived, watchArrival } from './measure.mjs';
import { PATIENCE_MS, args, now, say, scenario } from './scenario.mjs';
import { Visitor } from './visitor.mjs';

const { url, conference, host, resident, devices, lossy_s } = args;
const later = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

scenario(async () => {
  const lab = await Lab.of(['a', 'b'], url);
  const a = await Visitor.at(await chromium({ devices: devices.a, network: lab.in('a') }), lab.url, 'A');
  const b = await Visitor.at(await chromium({ devices: devices.b, network: lab.in('b') }), lab.url, 'B');
  await a.signIn(host.id);
  await a.open(conference);
  await a.enter(conference, { as: 'name' });
  await b.signIn(resident.id);
  await b.enter(conference, { as: 'name', camera: false });
  const seat = await b.seatOf(host.name);
  const [picture, voice] = [`[data-tile][data-seat="${seat}"] video`, `audio[data-voice][data-seat="${seat}"]`];
  await b.sees(picture);
  await b.until('hears the voice', (wanted) => !!document.querySelector(wanted), voice);

  const width = () => b.eval((wanted) => document.querySelector(wanted)?.videoWidth ?? 0, picture);
  const watch = async () => {
    await b.eval(watchArrival, { selector: voice, name: 'sound' });
    await b.eval(watchArrival, { selector: picture, name: 'picture' });
  };
  const noted = async () => ({ sound: await b.eval(arrived, 'sound'), picture: await b.eval(arrived, 'picture') });
  /** How long until the picture has a width for which `fact` holds. */
  const becomes = async (fact) => {
    const began = now();
    while (now() - began < PATIENCE_MS) {
      if (fact(await width())) return Math.round(now() - began);
      await later(50);
    }
    return null;
  };

  // Of the best layer Chromium makes 960 or 1280 wide pictures, by how well they compress; the next layer has 640.
  await becomes((wide) => wide > 640);
  await later(3000);
  const large = await width();
  say('large', { width: large });

  await lab.say('set b both delay_ms=20');
  await later(2000);
  await watch();
  await lab.say('set b down rate_kbit=400');
  const dropped_after_ms = await becomes((wide) => wide > 0 && wide <= 640);
  await later(Math.max(0, 15000 - (dropped_after_ms ?? 0)));
  const narrow = { dropped_after_ms, ...(await noted()), width: await width(), link: await lab.say('count b') };
  say('narrow', narrow);

  await lab.say('set b down rate_kbit=0');
  await watch();
  const recovered = { climbed_after_ms: await becomes((wide) => wide > 640), ...(await noted()) };
  say('recovered', recovered);
  await later(3000);

  await lab.say('set b both delay_ms=100 loss=0.05');
  await later(2000);
  await watch();
  await later(lossy_s * 1000);
  const lossy = { ...(await noted()), width: await width() };
  say('lossy', lossy);

  await lab.say('set b both delay_ms=20 loss=0');
  await lab.say('set b down rate_kbit=100');
  await later(3000);
  await watch();
  await later(15000);
  const voice_only = await noted();
  const { concealedSamples: concealed, totalSamplesReceived: all } = voice_only.sound;
  voice_only.concealed_percent = (100 * concealed) / all;
  voice_only.told = await b.until(
    'is told why there is no picture',
    () => document.querySelector('[data-connection-word]')?.dataset.reason === 'paused',
  );
  voice_only.words = await b.eval(() => document.querySelector('[data-connection-word]')?.innerText ?? '');
  say('voice_only', voice_only);
  return { large, lossy, narrow, recovered, voice_only, complaints: [...a.complaints, ...b.complaints] };
});
