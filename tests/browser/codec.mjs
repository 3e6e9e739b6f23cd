// One codec in three sizes: published in Chromium, by the call's page or over WHIP as sizes within one stream, and seen by
// a second Chromium whose tile becomes small and large again.
import { createServer } from 'node:http';
import { chromium } from './browsers.mjs';
import { args, atEnd, say, scenario } from './scenario.mjs';
import { SMALL, becomes, resize, resized, sent } from './tiles.mjs';
import { Visitor } from './visitor.mjs';

const { url, conference, host, residents, devices, whip } = args;

/** Runs in the page: publishes the camera over WHIP, all sizes in one stream. */
async function publish({ endpoint, ticket, codec, mode }) {
  const peer = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
  const { width, height, frameRate } = { width: 960, height: 540, frameRate: 10 };
  const stream = await navigator.mediaDevices.getUserMedia({ video: { width, height, frameRate }, audio: true });
  peer.addTransceiver(stream.getAudioTracks()[0], { direction: 'sendonly', streams: [stream] });
  const video = peer.addTransceiver(stream.getVideoTracks()[0], {
    direction: 'sendonly',
    streams: [stream],
    sendEncodings: [{ scalabilityMode: mode, maxBitrate: 1_500_000 }],
  });
  const codecs = RTCRtpSender.getCapabilities('video').codecs;
  const rest = ['video/rtx'];
  video.setCodecPreferences(codecs.filter(({ mimeType }) => mimeType.toLowerCase() === codec || rest.includes(mimeType)));
  await peer.setLocalDescription();
  const answer = await fetch(endpoint, {
    method: 'POST',
    headers: { authorization: `Bearer ${ticket}`, 'content-type': 'application/sdp' },
    body: peer.localDescription.sdp,
  });
  if (answer.status !== 201) throw new Error(`${answer.status} ${await answer.text()}`);
  await peer.setRemoteDescription({ type: 'answer', sdp: await answer.text() });
  window.peers = [peer];
  return video.sender.getParameters().encodings.map((encoding) => encoding.scalabilityMode);
}

/** Runs in the page: the codec of the pictures that leave, of those that come, and bytes in a packet of sound that comes. */
async function codecs() {
  const facts = { sent: null, seen: [], soundBytes: 0 };
  for (const peer of window.peers) {
    const report = await peer.getStats();
    for (const entry of report.values()) {
      const codec = report.get(entry.codecId)?.mimeType.toLowerCase();
      if (entry.type === 'outbound-rtp' && entry.kind === 'video') facts.sent = codec;
      if (entry.type === 'inbound-rtp' && entry.framesDecoded > 0) facts.seen.push(codec);
      if (entry.type === 'inbound-rtp' && entry.packetsReceived > 0 && entry.kind === 'audio') {
        facts.soundBytes = entry.bytesReceived / entry.packetsReceived;
      }
    }
  }
  return facts;
}

/** A page of another origin with nothing on it. */
async function elsewhere() {
  const server = createServer((_, response) => response.setHeader('content-type', 'text/html').end('<title>camera</title>'));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  atEnd(() => server.close());
  return `http://127.0.0.1:${server.address().port}/`;
}

scenario(async () => {
  const ofHost = await chromium({ devices });
  const a = await Visitor.at(ofHost, url, 'A');
  await a.signIn(host.id);
  await a.open(conference);
  await a.enter(conference, { as: 'name', camera: !whip });
  const b = await Visitor.at(await chromium(), url, 'B');
  await b.signIn(residents[0].id);
  await b.enter(conference, { as: 'name', camera: false });
  let publisher = a;
  if (whip) {
    const page = await (await ofHost.newContext()).newPage();
    await page.goto(await elsewhere());
    say('published', { modes: await page.evaluate(publish, whip) });
    publisher = { eval: (does, arg) => page.evaluate(does, arg) };
  }
  const seat = await b.seatOf(whip ? whip.name : host.name);
  const seen = await resized(b, seat, '(width) => width === 960', '(width) => width === 240');
  say('seen', seen);
  // What is shown now goes on.
  const before = seen.pictures;
  await b.until('sees more pictures', new Function('more', 'return window.watched.pictures > more;'), before + 10);
  await b.eval(resize, SMALL);
  const again = await becomes(b, seat, 'small again', '(width) => width === 240');
  const layers = await publisher.eval(sent);
  return { seen, again, layers, publisher: await publisher.eval(codecs), viewer: await b.eval(codecs), complaints: [...a.complaints, ...b.complaints] };
});
