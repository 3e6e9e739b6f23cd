// Tiles of a call's page, made small and large: what is seen in them, and how long a picture stood.
import { now } from './scenario.mjs';

/** Runs in the page: all tiles become this large, one over another. */
export function resize({ width, height }) {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(
    '[data-tile] { position: fixed !important; inset: 0 auto auto 0 !important; min-height: 0 !important;' +
      ` width: ${width}px !important; height: ${height}px !important; }`,
  );
  document.adoptedStyleSheets = [sheet];
}

export const SMALL = { width: 160, height: 90 };
export const LARGE = { width: 1280, height: 720 };

/** Runs in the page: notes from now on the longest time between two pictures of a seat. */
export function watch(seat) {
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
export function watched() {
  const { last, longest, pictures } = window.watched;
  return { longest_ms: Math.round(Math.max(longest, performance.now() - last)), pictures };
}

/** Runs in the page: pictures sent so far of each layer. */
export async function sent() {
  const layers = {};
  for (const peer of window.peers) {
    for (const report of (await peer.getStats()).values()) {
      if (report.type === 'outbound-rtp' && report.rid) layers[report.rid] = report.framesSent ?? report.framesEncoded ?? 0;
    }
  }
  return layers;
}

/** How long it takes until the picture of a seat has a width for which `fact` holds; that width. */
export async function becomes(who, seat, words, fact) {
  const started = now();
  const width = await who.until(
    `sees seat ${seat} ${words}`,
    new Function('seat', `const width = document.querySelector('[data-tile][data-seat="' + seat + '"] video')?.videoWidth; return width && (${fact})(width) && width;`),
    seat,
  );
  return { width, after_ms: Math.round(now() - started) };
}

/** Large, small, large: what `viewer` sees of the seat meanwhile. */
export async function resized(viewer, seat, large, small) {
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
