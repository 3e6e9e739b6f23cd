// The keys of the player.

import type { Player } from "./player.svelte";

const ARROW_S = 5;
const LEAP_S = 10;
const PAGE_S = 60;

/** What a key does; `undefined`: nothing. `full` goes to full screen and back. */
export function keyAction(player: Player, event: KeyboardEvent, full: () => void): (() => void) | undefined {
  if (event.ctrlKey || event.altKey || event.metaKey) return undefined;
  const { key } = event;
  if (/^[0-9]$/.test(key)) return () => player.seek((player.duration * Number(key)) / 10);
  switch (key.toLowerCase()) {
    case "k":
    case " ":
      return () => player.toggle();
    case "j":
      return () => player.skip(-LEAP_S);
    case "l":
      return () => player.skip(LEAP_S);
    case "arrowleft":
    case "arrowdown":
      return () => player.skip(-ARROW_S);
    case "arrowright":
    case "arrowup":
      return () => player.skip(ARROW_S);
    case "pageup":
      return () => player.skip(PAGE_S);
    case "pagedown":
      return () => player.skip(-PAGE_S);
    case "home":
      return () => player.seek(0);
    case "end":
      return () => player.seek(player.duration);
    case "m":
      return () => (player.muted = !player.muted);
    case "f":
      return full;
    default:
      return undefined;
  }
}

/** Whether the key belongs to what has the focus rather than to the player. */
export function ownKey(event: KeyboardEvent): boolean {
  const target = event.target;
  if (!(target instanceof HTMLElement)) return false;
  if (target.closest("input, textarea, select")) return true;
  const presses = event.key === " " || event.key === "Enter";
  return presses && target.closest("button, a, summary") !== null;
}
