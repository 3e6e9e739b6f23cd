// The icons: a 24 px grid, 2 px strokes, square caps. A struck line means off.

export const PATHS = {
  camera: ["M3 6h12v12H3zM15 10.5l6-3.5v10l-6-3.5"],
  cameraOff: ["M7 6h8v8M15 10.5l6-3.5v10l-6-3.5M13 18H3V6M2 2l20 20"],
  mic: ["M9 4h6v9H9zM5 11v2a7 7 0 0 0 14 0v-2M12 20v2"],
  micOff: ["M9 9v4h4M15 11V4H9M5 11v2a7 7 0 0 0 11 5.5M19 11v3M12 20v2M2 2l20 20"],
  leave: ["M3 14c0-6 18-6 18 0v2h-5v-3.500c-2.5-.8-5.5-.8-8 0V16H3z"],
  person: ["M12 3.500a4 4 0 1 1 0 8 4 4 0 0 1 0-8zM4 21c0-9 16-9 16 0z"],
  people: ["M9 4a3.5 3.5 0 1 1 0 7 3.5 3.5 0 0 1 0-7zM2 20c0-8 14-8 14 0zM16 4.500a3.5 3.5 0 0 1 0 6.500M18 14c3 .8 4 3 4 6"],
  sound: ["M4 9v6h4l6 5V4L8 9zM17.5 8.500c2 2 2 5 0 7"],
  soundOff: ["M4 9v6h4l6 5V4L8 9zM17 9l5 6M22 9l-5 6"],
  settings: ["M4 7h9M17 7h3M4 17h3M11 17h9M13 4.500v5h4v-5zM7 14.500v5h4v-5z"],
  check: ["M4 12.500l5.5 5.500L20 6.5"],
  cross: ["M6 6l12 12M18 6L6 18"],
  warning: ["M12 3l10 18H2zM12 10v5M12 17.500v.6"],
  info: ["M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18zM12 11v6M12 7v.5"],
  clock: ["M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18zM12 7v5.500l3.5 2"],
  signal: ["M3 20v-3M8.5 20v-6M14 20V10M19.5 20v-3M19.5 13v-2M19.5 7V5"],
  back: ["M15 5l-7 7 7 7"],
  next: ["M9 5l7 7-7 7"],
  phone: ["M5 4h4l2 5-2.5 2a12 12 0 0 0 4.5 4.500L15 13l5 2v4c0 1-1 1.5-2 1.500C10.5 20 4 13.5 3.5 6 3.5 5 4 4 5 4z"],
  pin: ["M8 3h8M9 3v7l-3 4h12l-3-4V3M12 14v8"],
  end: ["M5 5h14v14H5z"],
  keyboard: ["M2 6h20v12H2zM6 10h1M10.5 10h1M15 10h1M19 10h-.5M7 14h10"],
  shield: ["M12 2.5l8 3v6c0 5-3.5 8.5-8 10-4.5-1.5-8-5-8-10v-6zM8 12l3 3 5-6"],
  share: ["M12 15V3M7.5 7L12 2.800 16.5 7M5 12v9h14v-9"],
  download: ["M12 3v12M7 10.500l5 5 5-5M4 21h16"],
  grid: ["M4 4h7v7H4zM13 4h7v7h-7zM4 13h7v7H4zM13 13h7v7h-7z"],
  speaker: ["M3 4h18v11H3zM3 19h5M10 19h5M17 19h4"],
  full: ["M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5"],
} as const;

/** Icons that are shapes, not strokes. */
export const SHAPES = {
  play: "M6 3.500v17l14-8.500z",
  pause: "M5 4h5v16H5zM14 4h5v16h-5z",
  record: "M12 5a7 7 0 1 1 0 14 7 7 0 0 1 0-14z",
  stop: "M6 6h12v12H6z",
} as const;

export type IconName = keyof typeof PATHS | keyof typeof SHAPES;
