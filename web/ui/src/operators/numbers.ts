// What the server says of itself, as JSON: see web/src/watch.

export interface Rate {
  packets: number;
  bits: number;
}

export interface Worst {
  rtt_ms: number | null;
  loss_down: number | null;
  loss_up: number | null;
  estimate_bps: number | null;
}

export interface RoomNow extends Worst {
  room: string;
  kind: "reception" | "check" | "other";
  title: string | null;
  participants: number;
  viewers: number;
  connected: number;
  open_s: number;
  recording: "off" | "starting" | "on" | "failed";
  received: Rate;
  sent: Rate;
  layers_sent: number;
  layers_wanted: number;
  keyframes_asked: number;
  paused: number;
  recent?: number[];
}

export interface ShardNow {
  shard: number;
  rooms: number;
  connected: number;
  dropped: number;
  cpu: number;
  packets_in: number;
  packets_out: number;
  bits_in: number;
  bits_out: number;
}

export interface ServerPoint {
  seq: number;
  cpu: number;
  bits_in: number;
  bits_out: number;
}

export interface RoomPoint {
  seq: number;
  bits_in: number;
  bits_out: number;
  loss: number;
  rtt_ms: number | null;
}

export interface Layer {
  rid: string;
  sent: boolean;
  wanted: boolean;
  bits: number;
  lines: number;
}

export interface Track {
  source: "microphone" | "camera" | "screen";
  codec: string;
  layers: Layer[];
}

export interface Seat {
  seat: number;
  role: "host" | "participant" | "viewer";
  connected: boolean;
  media:
    | (Worst & {
        connected: boolean;
        tcp: boolean;
        received: Rate;
        sent: Rate;
        tracks: Track[];
        shown: number;
        paused: number;
      })
    | null;
}

/** What every answer has: the number of its reading, and readings since the one that was asked after. */
export interface Reading<P extends { seq: number }> {
  seq: number;
  step_ms: number;
  points: P[];
}

export interface Server extends Reading<ServerPoint> {
  answers: boolean;
  shards: ShardNow[];
  rooms: RoomNow[];
  more_rooms: number;
}

export interface Room extends Reading<RoomPoint> {
  room: RoomNow;
  seats: Seat[];
}
