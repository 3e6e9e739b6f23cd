// Simulcast: a publisher in Chromium, seen by a second Chromium and by Firefox. Tiles become small and large again, and one is
// pinned; meanwhile every picture is counted, so that none that freezes goes unseen.
import { chromium, firefox } from './browsers.mjs';
import { args, check, now, say, scenario } from './scenario.mjs';
import { Visitor } from './visitor.mjs';

const { url, conference, host, residents, devices } = args;

/** Runs in the page: all tiles become this large, one over another. */
function resize({ width, height }) {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(
    '[data-tile] { position: fixed !important; inset: 0 auto auto 0 !important; min-height: 0 !important;' +
      ` width: ${width}px !important; height: ${height}px !important; }`,
  );
  document.adoptedStyleSheets = [sheet];
}

const SMALL = { width: 160, height: 90 };
const LARGE = { width: 1280, height: 720 };

/** Runs in the page: notes from now on the longest time between two pictures of a seat. */
function watch(seat) {
  const video = document.querySelector(`[data-tile][data-seat="${seat}"] video`);
  const watched = { last: performance.now(), longest: 0, pictures: 0 };
  window.watched = watched;
  const count = () => {
    const at = performance.now();
    watched.longest = Math.max(watched.longest, at - watched.last);
    watched.last = at;
    watched.pictures += 1;
    if (window.watched === watched) video.requestVideoFrameCallback(count);
  };
  video.requestVideoFrameCallback(count);
}

/** Runs in the page: what was noted, with the picture that stands still now, if one does. */
function watched() {
  const { last, longest, pictures } = window.watched;
  return { longest_ms: Math.round(Math.max(longest, performance.now() - last)), pictures };
}

/** Runs in the page: pictures sent so far of each layer. */
async function sent() {
  const layers = {};
  for (const peer of window.peers) {
    for (const report of (await peer.getStats()).values()) {
      if (report.type === 'outbound-rtp' && report.rid) layers[report.rid] = report.framesSent ?? report.framesEncoded ?? 0;
    }
  }
  return layers;
}

/** How long it takes until the picture of a seat has a width for which `fact` holds; that width. */
async function becomes(who, seat, words, fact, limit_ms = 30000) {
  const started = now();
  const width = await who.until(
    `sees seat ${seat} ${words}`,
    new Function('seat', `const width = document.querySelector('[data-tile][data-seat="' + seat + '"] video')?.videoWidth; return width && (${fact})(width) && width;`),
    seat,
    limit_ms,
  );
  return { width, after_ms: Math.round(now() - started) };
}

/** Large, small, large: what `viewer` sees of the seat meanwhile. */
async function resized(viewer, seat, large, small) {
  await viewer.eval(resize, LARGE);
  const first = await becomes(viewer, seat, 'large', large);
  await viewer.eval(watch, seat);
  await viewer.eval(resize, SMALL);
  const shrunk = await becomes(viewer, seat, 'small', small);
  await viewer.eval(resize, LARGE);
  const grown = await becomes(viewer, seat, 'large again', large);
  await new Promise((resolve) => setTimeout(resolve, 1000));
  return { first, shrunk, grown, ...(await viewer.eval(watched)) };
}

/** Which layers of A grow over a time. */
async function growing(publisher, over_ms) {
  const before = await publisher.eval(sent);
  await new Promise((resolve) => setTimeout(resolve, over_ms));
  const after = await publisher.eval(sent);
  return ['q', 'h', 'f'].filter((rid) => (after[rid] ?? 0) > (before[rid] ?? 0)).join('');
}

/** How long it takes until exactly these layers are asked of a publisher; each message is noted with its time. */
function asked(visitor) {
  const messages = [];
  visitor.page.on('websocket', (socket) =>
    socket.on('framereceived', ({ payload }) => {
      const message = String(payload).startsWith('{') ? JSON.parse(String(payload)) : {};
      if (message.type === 'layers') messages.push({ at: now(), rids: message.rids.join('') });
    }),
  );
  return messages;
}

scenario(async () => {
  const a = await Visitor.at(await chromium({ devices: devices.a }), url, 'A');
  const b = await Visitor.at(await chromium({ devices: devices.b }), url, 'B');
  const messages = asked(a);
  await a.signIn(host.id);
  await a.open(conference);
  await a.enter(conference, { as: 'name' });
  await b.signIn(residents[0].id);
  await b.enter(conference, { as: 'name' });
  const seat = { a: await b.seatOf(host.name) };

  // All three layers arrive one time or another, and Chromium's picture follows the tile of the other Chromium.
  const large = '(width) => width === 1280';
  const b_of_a = await resized(b, seat.a, large, '(width) => width === 320');
  say('b_of_a', b_of_a);
  const layers = await a.eval(sent);
  say('sent', layers);

  // What nobody looks at is not sent: small, then large again.
  const shrunk_at = now();
  await b.eval(resize, SMALL);
  await becomes(b, seat.a, 'small', '(width) => width === 320');
  while (messages.at(-1)?.rids !== 'q') {
    check(now() - shrunk_at < 10000, `only ${JSON.stringify(messages)} was asked`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const off_ms = Math.round(messages.at(-1).at - shrunk_at);
  await new Promise((resolve) => setTimeout(resolve, 500));
  const small_sends = await growing(a, 1500);
  const grown_at = now();
  await b.eval(resize, LARGE);
  const before = (await a.eval(sent)).f;
  await a.until(
    'sends f again',
    new Function('before', `return (${sent})().then((layers) => layers.f > before);`),
    before,
    10000,
  );
  const on_ms = Math.round(now() - grown_at);
  say('let go', { off_ms, small_sends, on_ms });

  // The third, in Firefox, sees the first.
  const c = await Visitor.at(await firefox(), url, 'C');
  await c.signIn(residents[1].id);
  await c.enter(conference, { as: 'name' });
  seat.c = await b.seatOf(residents[1].name);
  const c_of_a = await resized(c, seat.a, large, '(width) => width === 320');
  say('c_of_a', c_of_a);

  // Pinned, a face is shown at its best however small its tile.
  await b.eval(resize, SMALL);
  await becomes(b, seat.a, 'small', '(width) => width === 320');
  await b.eval((pin) => document.querySelector(`[data-tile][data-seat="${pin}"] .tile-pin`).click(), seat.a);
  const pinned = await becomes(b, seat.a, 'pinned', large);
  say('pinned', pinned);
  return { b_of_a, c_of_a, pinned, layers, off_ms, on_ms, small_sends, messages, complaints: [...a.complaints, ...b.complaints, ...c.complaints] };
});
