// The simulcast layers of one's own camera: how large each is, and which are sent. No DOM.

/** The rids, the smallest picture first; the server knows them by this order. */
const RIDS = ["q", "h", "f"] as const;
const BITRATES = [150_000, 500_000, 1_700_000];
/** A camera whose longer side is below these has one and two layers: browsers do not send more of a small picture. */
const TWO_FROM = 480;
const THREE_FROM = 960;

/**
 * Three speeds of pictures in each: a line that narrows loses pictures before it loses sharpness. VP9 and AV1 come in three
 * sizes only when this is said.
 */
export const SCALABILITY = "L1T3";

/** How a camera is sent before anything is known of its picture. */
export function encodings(): ScalableEncoding[] {
  return RIDS.map((rid, layer) => ({
    rid,
    scaleResolutionDownBy: 2 ** (RIDS.length - 1 - layer),
    maxBitrate: BITRATES[layer] ?? 0,
    scalabilityMode: SCALABILITY,
  }));
}

/** Not in every browser, so not in the types. */
type ScalableEncoding = RTCRtpEncodingParameters & { scalabilityMode?: string };

/** Layers that are worth sending of a picture of this size (its longer side in pixels; 0: not known). */
export function worthSending(longer: number): number {
  if (longer === 0 || longer >= THREE_FROM) return 3;
  return longer >= TWO_FROM ? 2 : 1;
}

/**
 * Sets each encoding to its size and its bits, and on or off. `wanted`: the rids that the server asks for; `null`: it has
 * not said yet. A camera with fewer layers sends its whole picture in the last of them, and always something.
 */
export function shape(all: RTCRtpEncodingParameters[], longer: number, wanted: readonly string[] | null): void {
  if (all.length < RIDS.length) return;
  const count = worthSending(longer);
  const asked = (layer: number): boolean => wanted?.includes(RIDS[layer] ?? "") ?? true;
  // Whoever asks for a layer that this camera has not gets its best.
  const highest = RIDS.findLastIndex((_, layer) => asked(layer));
  all.forEach((encoding, layer) => {
    const last = layer === count - 1;
    encoding.active = layer < count && (asked(layer) || (last && highest >= layer));
    encoding.scaleResolutionDownBy = 2 ** Math.max(0, count - 1 - layer);
    encoding.maxBitrate = BITRATES[layer] ?? 0;
  });
}
