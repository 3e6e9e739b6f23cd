// Simulcast: a publisher in Chromium, seen by a second Chromium and by Firefox. Tiles become small and large again, and one is
// pinned; meanwhile every picture is counted, so that none that freezes goes unseen.
import { chromium, firefox } from './browsers.mjs';
import { PATIENCE_MS, args, check, now, reached, say, scenario } from './scenario.mjs';
import { SMALL, LARGE, becomes, resize, resized, sent } from './tiles.mjs';
import { Visitor } from './visitor.mjs';

const { url, conference, host, residents, devices } = args;

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
  // Of its best layer Chromium itself makes 960 or 1280 wide pictures, by how well they compress; the next layer has 640.
  const large = '(width) => width > 640';
  const b_of_a = await resized(b, seat.a, large, '(width) => width === 320');
  say('b_of_a', b_of_a);
  const layers = await a.eval(sent);
  say('sent', layers);

  // What nobody looks at is not sent: small, then large again.
  const shrunk_at = now();
  await b.eval(resize, SMALL);
  await becomes(b, seat.a, 'small', '(width) => width === 320');
  while (messages.at(-1)?.rids !== 'q') {
    check(now() - shrunk_at < PATIENCE_MS, `only ${JSON.stringify(messages)} was asked`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const off_ms = Math.round(messages.at(-1).at - shrunk_at);
  // Pictures that were being made when it was asked are still counted.
  const small_sends = await reached(
    () => growing(a, 1500),
    (rids) => rids === 'q',
  );
  const grown_at = now();
  await b.eval(resize, LARGE);
  const before = (await a.eval(sent)).f;
  await a.until(
    'sends f again',
    new Function('before', `return (${sent})().then((layers) => layers.f > before);`),
    before,
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
