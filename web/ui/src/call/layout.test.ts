// Facts about who gets which tile.
import { expect, test } from "vitest";
import { arrange, type Seating } from "./layout";

const seating = (count: number, more: Partial<Seating> = {}): Seating => ({
  seats: Array.from({ length: count }, (_, i) => i + 1),
  own: 1,
  lead: null,
  pinned: null,
  spoke: [],
  narrow: false,
  ...more,
});

test("alone, one sees oneself", () => {
  expect(arrange(seating(1))).toEqual({ shape: "one", main: null, tiles: [1], rest: [] });
});

test("two get equal halves, the other first", () => {
  expect(arrange(seating(2))).toEqual({ shape: "two", main: null, tiles: [2, 1], rest: [] });
});

test("of four, the one who has the floor is large and oneself comes last", () => {
  expect(arrange(seating(4, { lead: 3 }))).toEqual({ shape: "focus", main: 3, tiles: [3, 2, 4, 1], rest: [] });
});

test("nine sit in a grid", () => {
  expect(arrange(seating(9, { lead: 3 }))).toMatchObject({ shape: "grid", main: null, rest: [] });
});

test("a pinned face is large even among nine", () => {
  expect(arrange(seating(9, { lead: 3, pinned: 5 }))).toMatchObject({ shape: "focus", main: 5 });
});

test("someone pinned who left is not waited for", () => {
  expect(arrange(seating(4, { lead: 3, pinned: 77 })).main).toBe(3);
});

test("of 25, the floor and the last who spoke have tiles, everybody else is counted", () => {
  const layout = arrange(seating(25, { lead: 9, spoke: [9, 20, 21, 22] }));
  expect(layout.tiles).toHaveLength(9);
  expect(layout.tiles).toEqual(expect.arrayContaining([9, 20, 21, 22, 1]));
  expect(layout.tiles.length + layout.rest.length).toBe(25);
});

test("a phone shows the floor and a strip of four, the last of which counts the others", () => {
  const layout = arrange(seating(9, { lead: 3, narrow: true }));
  expect(layout).toMatchObject({ shape: "focus", main: 3 });
  expect(layout.tiles).toHaveLength(4);
  expect(layout.rest).toHaveLength(5);
  expect(arrange(seating(5, { narrow: true })).rest).toEqual([]);
});

test("nobody has two tiles", () => {
  for (let count = 1; count <= 40; count++) {
    for (const narrow of [true, false]) {
      const { tiles, rest } = arrange(seating(count, { lead: (count % 5) + 1, narrow }));
      expect(new Set([...tiles, ...rest]).size).toBe(tiles.length + rest.length);
      expect(tiles.length + rest.length).toBe(count);
    }
  }
});
