// Two WHEP players, one in each engine, on a page of another origin that knows nothing of ours: what they decode of a room.
// The first restarts ICE in the middle, as a player does whose network changed.
import { createServer } from 'node:http';
import { chromium, firefox } from './browsers.mjs';
import { PATIENCE_MS, args, atEnd, check, say, scenario, toldToGoOn } from './scenario.mjs';

const { endpoint, ticket, engines } = args;

/** Runs in the page: plays `endpoint` in the page's one video element. */
async function play({ endpoint, ticket }) {
  const peer = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
  const video = document.querySelector('video');
  const streams = new Set();
  peer.ontrack = ({ streams: [stream] }) => {
    streams.add(stream.id);
    video.srcObject = stream;
  };
  peer.addTransceiver('audio', { direction: 'recvonly' });
  peer.addTransceiver('video', { direction: 'recvonly' });
  await peer.setLocalDescription();
  const authorization = `Bearer ${ticket}`;
  const answer = await fetch(endpoint, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/sdp' },
    body: peer.localDescription.sdp,
  });
  if (answer.status !== 201) throw new Error(`${answer.status} ${await answer.text()}`);
  window.whep = {
    peer,
    streams,
    authorization,
    session: new URL(answer.headers.get('location'), endpoint).href,
    etag: answer.headers.get('etag'),
  };
  await peer.setRemoteDescription({ type: 'answer', sdp: await answer.text() });
}

/** Runs in the page: what arrived until now. */
async function received() {
  const { peer, streams } = window.whep;
  const facts = { state: peer.connectionState, streams: streams.size, frames: 0, sounds: 0, codec: null };
  const report = await peer.getStats();
  for (const entry of report.values()) {
    if (entry.type !== 'inbound-rtp') continue;
    if (entry.kind === 'audio') facts.sounds = entry.packetsReceived;
    else {
      facts.frames = entry.framesDecoded ?? 0;
      facts.codec = report.get(entry.codecId)?.mimeType ?? null;
    }
  }
  return facts;
}

/** Runs in the page: RFC 9725 section 4.3.3. */
async function restart() {
  const { peer, session, authorization } = window.whep;
  const find = (sdp, name) => sdp.match(new RegExp(`^a=${name}:(.*?)\\r?$`, 'm'))?.[1];
  const before = peer.remoteDescription.sdp;
  await peer.setLocalDescription(await peer.createOffer({ iceRestart: true }));
  const own = peer.localDescription.sdp;
  const body = ['ice-ufrag', 'ice-pwd', 'mid'].map((name) => `a=${name}:${find(own, name)}\r\n`).join('');
  const answer = await fetch(session, {
    method: 'PATCH',
    headers: { authorization, 'content-type': 'application/trickle-ice-sdpfrag', 'if-match': '*' },
    body,
  });
  const fragment = await answer.text();
  if (answer.status !== 200) throw new Error(`${answer.status} ${fragment}`);
  const etag = answer.headers.get('etag');
  let sdp = before;
  for (const name of ['ice-ufrag', 'ice-pwd']) {
    sdp = sdp.replace(new RegExp(`^a=${name}:.*?(\\r?)$`, 'gm'), `a=${name}:${find(fragment, name)}$1`);
  }
  await peer.setRemoteDescription({ type: 'answer', sdp });
  const changed = etag !== window.whep.etag;
  window.whep.etag = etag;
  return { status: answer.status, changed };
}

/** Runs in the page. */
async function end() {
  const { peer, session, authorization } = window.whep;
  const answer = await fetch(session, { method: 'DELETE', headers: { authorization } });
  peer.close();
  return answer.status;
}

/** Serves the player's page, at an address of its own. */
async function page() {
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'text/html');
    response.end('<!doctype html><title>player</title><video autoplay muted playsinline></video>');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  atEnd(() => server.close());
  return `http://127.0.0.1:${server.address().port}/`;
}

/** Asks the page until it has decoded `more` pictures more, and heard something; everything it has received by then. */
async function decodes(tab, more) {
  const start = await tab.evaluate(received);
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const now = await tab.evaluate(received);
    if (now.frames >= start.frames + more && now.sounds > start.sounds) return now;
    check(performance.now() < deadline, `no ${more} pictures within ${PATIENCE_MS} ms: ${JSON.stringify(now)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

scenario(async () => {
  const player = await page();
  const launch = { chromium: () => chromium(), firefox };
  const facts = {};
  const tabs = {};
  for (const engine of engines) {
    const tab = await (await launch[engine]()).newPage();
    tabs[engine] = tab;
    await tab.goto(player);
    await tab.evaluate(play, { endpoint, ticket });
    const began = performance.now();
    facts[engine] = await decodes(tab, 16);
    facts[engine].first_16_ms = performance.now() - began;
    say('plays', { engine, ...facts[engine] });
  }
  const first = engines[0];
  facts.restart = await tabs[first].evaluate(restart);
  facts.after = await decodes(tabs[first], 30);
  say('watching');
  await toldToGoOn();
  facts.ended = await Promise.all(engines.map((engine) => tabs[engine].evaluate(end)));
  return facts;
});
