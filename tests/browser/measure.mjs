// Measurements inside a page: pictures a second, tones. Each function here runs in the page, so it stands alone.

/** Pictures shown a second by one video element, over `over_ms`. */
export function picturesPerSecond({ selector, over_ms }) {
  const video = document.querySelector(selector);
  if (!video) return Promise.resolve(-1);
  return new Promise((resolve) => {
    let frames = 0;
    let started = null;
    let last = null;
    const count = (now) => {
      started ??= now;
      last = now;
      frames += 1;
      video.requestVideoFrameCallback(count);
    };
    video.requestVideoFrameCallback(count);
    setTimeout(() => resolve(started === null || last === started ? 0 : ((frames - 1) * 1000) / (last - started)), over_ms);
  });
}

/** Run before a page's own scripts: remembers its peer connections, so that their statistics can be asked. */
export function rememberPeers() {
  window.peers = [];
  const Real = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Real {
    constructor(...args) {
      super(...args);
      window.peers.push(this);
    }
  };
}

/**
 * What the browser's own statistics say of the stream a media element plays, over `over_ms`: pictures decoded a second,
 * and how loud it was (RMS, 0 to 1). An engine without a sound card runs no analyser, but it decodes and counts.
 */
export async function decoded({ selector, over_ms }) {
  const element = document.querySelector(selector);
  const track = element?.srcObject?.getTracks()[0];
  if (!track) return null;
  const look = async () => {
    for (const peer of window.peers) {
      if (!peer.getReceivers().some((receiver) => receiver.track === track)) continue;
      for (const report of (await peer.getStats(track)).values()) {
        if (report.type !== 'inbound-rtp') continue;
        return {
          at: report.timestamp,
          frames: report.framesDecoded ?? 0,
          energy: report.totalAudioEnergy ?? 0,
          seconds: report.totalSamplesDuration ?? 0,
        };
      }
    }
    return null;
  };
  const before = await look();
  await new Promise((resolve) => setTimeout(resolve, over_ms));
  const after = await look();
  if (!before || !after) return null;
  const heard = after.seconds - before.seconds;
  return {
    fps: ((after.frames - before.frames) * 1000) / (after.at - before.at),
    rms: heard > 0 ? Math.sqrt((after.energy - before.energy) / heard) : 0,
  };
}

/** Run before a page's own scripts: remembers every media element that is played, in the page or out of it. */
export function rememberPlayed() {
  window.played = new Set();
  const play = HTMLMediaElement.prototype.play;
  HTMLMediaElement.prototype.play = function () {
    window.played.add(this);
    return play.call(this);
  };
}

/**
 * What sounds: for every element that matches (without a selector: that was ever played; one that pauses is quiet), the loudest frequency in Hz over `over_ms`, or null when it is quiet.
 * Elements that play a stream are tapped beside their own way to the speaker; elements that play a file are routed through.
 */
export function tones({ selector, over_ms }) {
  window.ears ??= { context: new AudioContext(), taps: new WeakMap() };
  const { context, taps } = window.ears;
  void context.resume();
  const found = selector ? [...document.querySelectorAll(selector)] : [...window.played];
  const analysers = found.map((element) => {
    const key = element.srcObject ?? element;
    let analyser = taps.get(key);
    if (!analyser) {
      if (element.srcObject && element.srcObject.getAudioTracks().length === 0) return null;
      analyser = context.createAnalyser();
      analyser.fftSize = 8192;
      analyser.smoothingTimeConstant = 0;
      if (element.srcObject) context.createMediaStreamSource(element.srcObject).connect(analyser);
      else {
        context.createMediaElementSource(element).connect(analyser);
        analyser.connect(context.destination);
      }
      taps.set(key, analyser);
    }
    return analyser;
  });
  const peak = (analyser) => {
    const bins = new Float32Array(analyser.frequencyBinCount);
    analyser.getFloatFrequencyData(bins);
    let best = 0;
    bins.forEach((level, bin) => {
      if (level > bins[best]) best = bin;
    });
    return { hz: (best * context.sampleRate) / analyser.fftSize, db: bins[best] };
  };
  return new Promise((resolve) => {
    const heard = found.map(() => []);
    let looks = 0;
    const timer = setInterval(() => {
      looks += 1;
      analysers.forEach((analyser, i) => {
        if (!analyser) return;
        const { hz, db } = peak(analyser);
        if (db > -60) heard[i].push(hz);
      });
    }, 100);
    setTimeout(() => {
      clearInterval(timer);
      resolve(
        found.map((element, i) => {
          const sorted = heard[i].sort((a, b) => a - b);
          return {
            seat: element.dataset.seat ?? element.closest('[data-seat]')?.dataset.seat ?? null,
            // What was heard before a seek still rings for a moment: a tone is what is there most of the time.
            hz: sorted.length > looks / 2 ? sorted[Math.floor(sorted.length / 2)] : null,
            times: sorted.length,
          };
        }),
      );
    }, over_ms);
  });
}

/**
 * Notes from now on what arrives of the stream that a media element plays: the longest time between two packets and
 * between two decoded pictures, and how much of the sound had to be made up. Asked for with `arrived`.
 */
export function watchArrival({ selector, name }) {
  const track = document.querySelector(selector)?.srcObject?.getTracks()[0];
  if (!track) return false;
  window.arrivals ??= {};
  const seen = { since: performance.now(), last: performance.now(), longest_ms: 0, samples: [] };
  window.arrivals[name] = seen;
  const element = document.querySelector(selector);
  if (track.kind === 'video' && element.requestVideoFrameCallback) {
    Object.assign(seen, { shown: 0, shown_at: performance.now(), shown_longest_ms: 0 });
    const count = () => {
      if (window.arrivals[name] !== seen) return;
      const at = performance.now();
      if (seen.shown > 0) seen.shown_longest_ms = Math.max(seen.shown_longest_ms, at - seen.shown_at);
      seen.shown_at = at;
      seen.shown += 1;
      element.requestVideoFrameCallback(count);
    };
    element.requestVideoFrameCallback(count);
  }
  let before = -1;
  const look = async () => {
    if (window.arrivals[name] !== seen) return;
    const peer = window.peers.find((one) => one.getReceivers().some((receiver) => receiver.track === track));
    // A connection that was replaced plays another track.
    const now = document.querySelector(selector)?.srcObject?.getTracks()[0];
    if (now && now !== track) seen.replaced = true;
    const reports = peer ? [...(await peer.getStats(track)).values()] : [];
    const report = reports.find((one) => one.type === 'inbound-rtp');
    const at = performance.now();
    if (report) {
      const count = track.kind === 'audio' ? report.packetsReceived : report.framesDecoded;
      if (count !== before) {
        if (before >= 0) seen.longest_ms = Math.max(seen.longest_ms, at - seen.last);
        seen.last = at;
        before = count;
      }
      seen.first ??= report;
      seen.newest = report;
    }
    setTimeout(look, 40);
  };
  void look();
  return true;
}

/** Whether something of what `watchArrival` watches has come within the last half a second. */
export function flows(name) {
  const seen = window.arrivals?.[name];
  return !!seen?.newest && performance.now() - seen.last < 500;
}

/** What `watchArrival` noted so far. */
export function arrived(name) {
  const seen = window.arrivals?.[name];
  if (!seen?.newest) return null;
  const { first, newest } = seen;
  const grown = (key) => (newest[key] ?? 0) - (first[key] ?? 0);
  const over_s = (performance.now() - seen.since) / 1000;
  const facts = { longest_ms: Math.round(Math.max(seen.longest_ms, performance.now() - seen.last)), over_s, replaced: !!seen.replaced };
  if (seen.shown) facts.shown_longest_ms = Math.round(Math.max(seen.shown_longest_ms, performance.now() - seen.shown_at));
  for (const key of ['packetsReceived', 'packetsLost', 'packetsDiscarded', 'concealedSamples', 'silentConcealedSamples', 'totalSamplesReceived']) {
    if (newest[key] !== undefined) facts[key] = grown(key);
  }
  for (const key of ['framesDecoded', 'framesDropped', 'freezeCount', 'totalFreezesDuration', 'nackCount', 'pliCount', 'retransmittedPacketsReceived', 'keyFramesDecoded', 'frameWidth']) {
    if (newest[key] !== undefined) facts[key] = key === 'frameWidth' ? newest[key] : grown(key);
  }
  return facts;
}

/**
 * Notes when a picture becomes bright and when a sound becomes loud, for `claps`. The picture is that of an element or of a
 * track, the sound that of a track. With `energy` loudness is asked of the connection's statistics: an engine without a sound
 * card runs no analyser.
 */
export function watchClaps({ picture, voice, energy }) {
  const sent = (kind) => window.peers.at(-1).getSenders().map((sender) => sender.track).find((track) => track?.kind === kind);
  let video = picture ? document.querySelector(picture) : null;
  if (!video) {
    video = document.createElement('video');
    video.srcObject = new MediaStream([sent('video')]);
    video.muted = true;
    void video.play();
  }
  const sound = voice ? document.querySelector(voice).srcObject.getAudioTracks()[0] : sent('audio');
  const claps = { flashes: [], clicks: [], video };
  window.claps = claps;
  const canvas = Object.assign(document.createElement('canvas'), { width: 8, height: 8 });
  const context = canvas.getContext('2d', { willReadFrequently: true });
  let bright = true;
  const look = (now, { expectedDisplayTime } = {}) => {
    context.drawImage(video, 0, 0, 8, 8);
    const is = context.getImageData(4, 4, 1, 1).data[1] > 128;
    if (is && !bright) claps.flashes.push(expectedDisplayTime ?? now);
    bright = is;
    video.requestVideoFrameCallback(look);
  };
  video.requestVideoFrameCallback(look);
  if (energy) {
    const peer = window.peers.at(-1);
    let before = null;
    let loud_at = performance.now();
    const ask = async () => {
      const report = [...(await peer.getStats(sound)).values()].find((one) => one.type === 'inbound-rtp');
      const at = performance.now();
      const is = before !== null && report.totalAudioEnergy - before > 1e-5;
      before = report.totalAudioEnergy;
      // It grows in steps: between two of them the clap is not over.
      if (is && at - loud_at > 500) claps.clicks.push(at);
      if (is) loud_at = at;
      setTimeout(ask, 5);
    };
    void ask();
    return;
  }
  const ears = new AudioContext();
  void ears.resume();
  const analyser = ears.createAnalyser();
  analyser.fftSize = 512;
  ears.createMediaStreamSource(new MediaStream([sound])).connect(analyser);
  const samples = new Float32Array(512);
  let loud = true;
  setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    const is = samples.some((sample) => Math.abs(sample) > 0.1);
    if (is && !loud) claps.clicks.push(performance.now());
    loud = is;
  }, 4);
}

/** Claps noted until now no longer count. */
export function forgetClaps() {
  window.claps.flashes.length = 0;
  window.claps.clicks.length = 0;
}

/** How far sound comes after picture, in ms: the middle of all claps noted, which are `every_ms` apart. */
export function claps(every_ms) {
  const { flashes, clicks } = window.claps;
  const apart = flashes.flatMap((flash) => {
    const after = clicks.map((click) => click - flash).filter((ms) => Math.abs(ms) < every_ms / 2);
    return after.length === 1 ? after : [];
  });
  apart.sort((a, b) => a - b);
  return { claps: apart.length, flashes: flashes.length, clicks: clicks.length, after_ms: apart[Math.floor(apart.length / 2)] ?? null, all: apart.map(Math.round) };
}
