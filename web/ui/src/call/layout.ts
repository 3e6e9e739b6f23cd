// Who gets which tile. Pure: the same people always sit the same way.

export type Shape = "one" | "two" | "focus" | "grid";

export interface Layout {
  shape: Shape;
  /** The large tile of `focus`. */
  main: number | null;
  /** Every tile in order, the large one first. */
  tiles: number[];
  /** Those without a tile. */
  rest: number[];
}

export interface Seating {
  /** Seats in the order of coming, one's own included. */
  seats: number[];
  own: number;
  /** Who has the floor: stays while they speak. */
  lead: number | null;
  pinned: number | null;
  /** Latest first. */
  spoke: number[];
  /** A phone, or a text so large that the phone's layout fits better. */
  narrow: boolean;
}

const GRID_AT_MOST = 9;
/** A phone's strip; with people left over, the last place of it counts them. */
const STRIP_NARROW = 4;

export function arrange(seating: Seating): Layout {
  const { own, narrow, pinned } = seating;
  const others = seating.seats.filter((seat) => seat !== own);
  const ownToo = seating.seats.includes(own) ? [own] : [];
  const count = others.length + ownToo.length;
  if (count <= 1) return { shape: "one", main: null, tiles: [...others, ...ownToo], rest: [] };
  if (count === 2) return { shape: "two", main: null, tiles: [...others, ...ownToo], rest: [] };
  const grid = !narrow && count >= 7 && count <= GRID_AT_MOST && pinned === null;
  if (grid) return { shape: "grid", main: null, tiles: [...others, ...ownToo], rest: [] };

  const present = (seat: number | null): seat is number => seat !== null && seating.seats.includes(seat);
  const main = [pinned, seating.lead, others[0] ?? null].find(present) ?? own;
  const room = narrow ? (count - 1 > STRIP_NARROW ? STRIP_NARROW - 1 : STRIP_NARROW) : GRID_AT_MOST - 1;
  const strip = others.filter((seat) => seat !== main);
  const places = main === own ? room : room - ownToo.length;
  const chosen = new Set(strip.length <= places ? strip : lately(strip, seating.spoke).slice(0, places));
  return {
    shape: "focus",
    main,
    tiles: [main, ...strip.filter((seat) => chosen.has(seat)), ...(main === own ? [] : ownToo)],
    rest: strip.filter((seat) => !chosen.has(seat)),
  };
}

/** Those who spoke last first, then the others as they came. */
function lately(seats: number[], spoke: number[]): number[] {
  const order = (seat: number): number => {
    const at = spoke.indexOf(seat);
    return at < 0 ? spoke.length : at;
  };
  return [...seats].sort((a, b) => order(a) - order(b));
}
