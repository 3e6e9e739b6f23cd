// Two people in Chromium call from networks that let different things through: without UDP, or with nothing but a relay.
import { chromium } from './browsers.mjs';
import { Lab } from './lab.mjs';
import { decoded } from './measure.mjs';
import { args, reached, say, scenario } from './scenario.mjs';
import { Visitor } from './visitor.mjs';

const { url, conference, people, lab: isolated } = args;
/** With `lab` each is in a network namespace, whose firewall blocks what `network.blocked` says. */
let lab = null;

/** Run before a page's own scripts: its connections go through a relay or not at all. */
function relayOnly() {
  const Real = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Real {
    constructor(configuration) {
      super({ ...configuration, iceTransportPolicy: 'relay' });
    }
  };
}

/** Runs in the page: the candidates of the pair that media takes. */
async function path() {
  const reports = await window.peers.at(-1).getStats();
  for (const transport of reports.values()) {
    const pair = transport.type === 'transport' ? reports.get(transport.selectedCandidatePairId) : null;
    if (!pair) continue;
    const plain = ({ candidateType, protocol, tcpType, relayProtocol }) => ({ candidateType, protocol, tcpType, relayProtocol });
    return { local: plain(reports.get(pair.localCandidateId)), remote: plain(reports.get(pair.remoteCandidateId)) };
  }
  return null;
}

async function arrive({ person, network, devices }, name) {
  const flags = network.udp ? [] : ['--webrtc-ip-handling-policy=disable_non_proxied_udp'];
  for (const what of network.blocked ?? []) await lab.say(`block ${name.toLowerCase()} ${what}`);
  const inside = lab ? { network: lab.in(name.toLowerCase()) } : {};
  const visitor = await Visitor.at(await chromium({ devices, flags, ...inside }), lab?.url ?? url, name);
  if (network.relay) await visitor.page.addInitScript(relayOnly);
  await visitor.signIn(person.id);
  return visitor;
}

/** How `who` sees and hears the seat, and by which path. */
async function received(who, seat) {
  const [picture, voice] = [`[data-tile][data-seat="${seat}"] video`, `audio[data-voice][data-seat="${seat}"]`];
  await who.sees(picture);
  await who.until(`has a place for the voice of seat ${seat}`, (wanted) => !!document.querySelector(wanted), voice);
  const over_ms = 4000;
  const heard = await reached(
    async () => {
      const [video, audio] = await Promise.all([
        who.eval(decoded, { selector: picture, over_ms }),
        who.eval(decoded, { selector: voice, over_ms }),
      ]);
      return { fps: video?.fps ?? 0, rms: audio?.rms ?? 0 };
    },
    ({ fps, rms }) => fps >= 1 && rms > 0.05,
  );
  return { ...heard, path: await who.eval(path) };
}

scenario(async () => {
  if (isolated) lab = await Lab.of(['a', 'b'], url);
  const a = await arrive(people.a, 'A');
  await a.open(conference);
  await a.enter(conference, { as: 'name' });
  say('entered', { who: 'A', path: await a.eval(path) });
  const b = await arrive(people.b, 'B');
  await b.enter(conference, { as: 'name' });
  say('entered', { who: 'B', path: await b.eval(path) });
  const facts = {
    a: await received(a, await a.seatOf(people.b.person.name)),
    b: await received(b, await b.seatOf(people.a.person.name)),
  };
  return { ...facts, complaints: [...a.complaints, ...b.complaints] };
});
