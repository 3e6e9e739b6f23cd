// What is said of a room and of what a seat sends.

import type { Layer, RoomNow, Worst } from "./numbers";
import { bits, t } from "./text";

/** A room is called what its reception is called. */
export function nameOf(room: RoomNow): string {
  if (room.title) return room.title;
  return room.kind === "check" ? t("ops-room-check") : t("ops-room-other", { room: room.room });
}

/** The larger of both directions, in percent; `null`: neither is known. */
export function worstLoss({ loss_down, loss_up }: Worst): number | null {
  if (loss_down === null) return loss_up;
  return loss_up === null ? loss_down : Math.max(loss_down, loss_up);
}

/** A layer in words: "360 eil. 420 kbit/s". */
export function layerText(layer: Layer): string {
  const size = layer.lines > 0 ? t("ops-layer-lines", { lines: layer.lines }) : layer.rid;
  const state = layer.sent ? bits(layer.bits) : layer.wanted ? t("ops-layer-off") : t("ops-layer-unneeded");
  return [size, state].filter(Boolean).join(" ");
}
