// A recorded call and its replay: the host records by the page, B comes six seconds later, the host mutes for a while and
// ends the reception. The test may strike in the middle (`strike`: it is told, and says when to go on).
import { chromium } from './browsers.mjs';
import { picturesPerSecond } from './measure.mjs';
import { args, now, say, scenario, toldToGoOn } from './scenario.mjs';
import { Visitor } from './visitor.mjs';

const { url, conference, host, resident, devices, strike } = args;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

scenario(async () => {
  const a = await Visitor.at(await chromium({ devices: devices.a }), url, 'A');
  const b = await Visitor.at(await chromium({ devices: devices.b }), url, 'B');
  await b.signIn(resident.id);
  await a.signIn(host.id);
  await a.open(conference);
  await a.enter(conference, { as: 'name' });

  await a.press('[data-do=record]');
  await a.sees('[data-recording=on]', 10000);
  const started = now();
  const at = () => (now() - started) / 1000;
  const times = {};
  await pause(6000);
  await b.enter(conference, { as: 'name' });
  await b.sees('[data-recording=on]');
  times.b_in_s = at();
  say('both', times);
  await pause(5000);

  if (strike) {
    times.strike_s = at();
    say('strike', times);
    await toldToGoOn();
    if (strike === 'everything') return { times };
    // The call goes on: B still sees A move, while the recorder is dead and after.
    const seat = await b.seatOf(host.name);
    times.fps_after = await b.eval(picturesPerSecond, { selector: `[data-tile][data-seat="${seat}"] video`, over_ms: 4000 });
    times.recording_after = await a.eval(() => document.querySelector('[data-recording]')?.dataset.recording);
    await a.sees('[data-recording=on]', 15000);
  }

  times.a_mutes_s = at();
  await a.press('[data-do=mic]');
  await pause(5000);
  times.a_unmutes_s = at();
  await a.press('[data-do=mic]');
  await pause(4000);
  await a.press('[data-do=end]');
  await a.sees('[data-do=confirm-end]');
  times.end_s = at();
  await a.press('[data-do=confirm-end]');
  const ended = now();
  await a.sees('[data-view=left]', 10000);
  await b.sees('[data-view=left]', 10000);
  say('ended', times);

  // The replay is there when the archive says so; then it is opened.
  const recording = await b.until(
    'a recording to replay',
    (id) =>
      fetch('/api/v1/recordings')
        .then((answer) => answer.json())
        .then((list) => (list.recordings ?? list).find((one) => one.conference.id === id)?.id),
    conference,
    30000,
  );
  await b.goto(`/archyvas/${recording}`);
  await b.sees('[data-player][data-state=ready]', 30000);
  times.ready_after_s = (now() - ended) / 1000;
  return { times, recording, complaints: [...a.complaints, ...b.complaints] };
});
