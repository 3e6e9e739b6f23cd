// A recorded call and its replay: the host records by the page, B comes six seconds later, the host mutes for a while and
// ends the reception. The test may strike in the middle (`strike`: it is told, and says when to go on).
import { chromium } from './browsers.mjs';
import { picturesPerSecond } from './measure.mjs';
import { args, now, reached, say, scenario, toldToGoOn } from './scenario.mjs';
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

  const pressed = now();
  await a.press('[data-do=record]');
  await a.sees('[data-recording=on]');
  const started = now();
  const at = () => (now() - started) / 1000;
  // It began somewhere between the press and the word of it.
  const times = { press_took_s: (started - pressed) / 1000, alone_s: 2 };
  await pause(strike ? 6000 : 9000);
  await b.enter(conference, { as: 'name' });
  await b.sees('[data-recording=on]');
  times.b_in_s = at();
  say('both', times);
  await pause(strike ? 5000 : 8000);

  if (strike) {
    times.strike_s = at();
    say('strike', times);
    await toldToGoOn();
    if (strike === 'everything') return { times };
    // The call goes on: B still sees A move, while the recorder is dead and after.
    const seat = await b.seatOf(host.name);
    const selector = `[data-tile][data-seat="${seat}"] video`;
    times.fps_after = await reached(
      () => b.eval(picturesPerSecond, { selector, over_ms: 4000 }),
      (fps) => fps >= 15,
    );
    times.recording_after = await a.eval(() => document.querySelector('[data-recording]')?.dataset.recording);
    await a.sees('[data-recording=on]');
  }

  await a.press('[data-do=mic]');
  times.a_muted_s = at();
  await pause(strike ? 5000 : 9000);
  await a.press('[data-do=mic]');
  times.a_unmuted_s = at();
  await pause(strike ? 4000 : 7000);
  await a.press('[data-do=end]');
  await a.sees('[data-do=confirm-end]');
  times.end_s = at();
  await a.press('[data-do=confirm-end]');
  const ended = now();
  await a.sees('[data-view=left]');
  times.left_s = at();
  await b.sees('[data-view=left]');
  say('ended', times);

  // The replay is there when the archive says so; then it is opened.
  const recording = await b.until(
    'a recording to replay',
    (id) =>
      fetch('/api/v1/recordings')
        .then((answer) => answer.json())
        .then((list) => (list.recordings ?? list).find((one) => one.conference.id === id)?.id),
    conference,
  );
  await b.goto(`/archyvas/${recording}`);
  await b.sees('[data-player][data-state=ready]');
  times.ready_after_s = (now() - ended) / 1000;
  return { times, recording, complaints: [...a.complaints, ...b.complaints] };
});
