// Facts about the call's WebSocket, with a fake server and a fake clock.
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { ClientMessage, ServerMessage } from "./messages";
import { CallSocket, type SocketEnd, type SocketLike, type SocketState, TicketRefused } from "./socket";

class FakeSocket implements SocketLike {
  onopen: SocketLike["onopen"] = null;
  onmessage: SocketLike["onmessage"] = null;
  onclose: SocketLike["onclose"] = null;
  sent: ClientMessage[] = [];
  closed = false;
  send(data: string): void {
    this.sent.push(JSON.parse(data) as ClientMessage);
  }
  close(): void {
    this.closed = true;
  }
  opens(): void {
    this.onopen?.(undefined as never);
  }
  says(message: ServerMessage): void {
    this.hears(JSON.stringify(message));
  }
  hears(data: unknown): void {
    this.onmessage?.({ data } as MessageEvent<unknown>);
  }
  breaks(): void {
    this.onclose?.(undefined as never);
  }
}

const WELCOME: ServerMessage = {
  type: "welcome",
  version: 1,
  seat: 4,
  resume: "secret",
  resume_s: 30,
  resumed: false,
  grants: ["publish", "subscribe"],
  participants: [],
  recording: { status: "off", since_ms: null, reason: null },
  ice_servers: [],
};

function call(ticket: (again: boolean) => Promise<string> = () => Promise.resolve("ticket")) {
  const sockets: FakeSocket[] = [];
  const states: SocketState[] = [];
  const ends: SocketEnd[] = [];
  const messages: ServerMessage[] = [];
  const socket = new CallSocket({
    open: () => {
      const made = new FakeSocket();
      sockets.push(made);
      return made;
    },
    ticket,
    random: () => 0.5,
    now: () => Date.now(),
    muted: () => ({ microphone: false, camera: true }),
    onState: (state) => states.push(state),
    onMessage: (message) => messages.push(message),
    onEnd: (end) => ends.push(end),
  });
  const last = (): FakeSocket => {
    const found = sockets.at(-1);
    if (!found) throw new Error("no socket was opened");
    return found;
  };
  const joins = async (): Promise<void> => {
    socket.start();
    await vi.advanceTimersByTimeAsync(0);
    last().opens();
    last().says(WELCOME);
  };
  return { socket, sockets, states, ends, messages, last, joins };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("joining", () => {
  test("the first message is a versioned join with the ticket and what is muted", async () => {
    const { joins, last, states } = call();
    await joins();
    expect(last().sent[0]).toEqual({
      type: "join",
      version: 1,
      ticket: "ticket",
      room: null,
      resume: null,
      microphone_muted: false,
      camera_muted: true,
    });
    expect(states).toEqual(["connecting", "joined"]);
  });

  test("nothing is sent before the welcome", () => {
    const { socket } = call();
    expect(socket.send({ type: "record", on: true })).toBe(false);
  });

  test("a ticket that is refused ends it with the server's code", async () => {
    const { socket, ends, sockets } = call(() => Promise.reject(new TicketRefused("conference_not_open")));
    socket.start();
    await vi.advanceTimersByTimeAsync(0);
    expect(ends).toEqual([{ how: "refused", code: "conference_not_open" }]);
    expect(sockets).toHaveLength(0);
  });

  test("a server that never welcomes is tried again", async () => {
    const { socket, sockets } = call();
    socket.start();
    await vi.advanceTimersByTimeAsync(8_000 + 250);
    expect(sockets).toHaveLength(2);
  });

  test("an expired ticket is asked for again, once", async () => {
    const asked: boolean[] = [];
    const { socket, last, ends } = call((again) => {
      asked.push(again);
      return Promise.resolve(`ticket ${String(asked.length)}`);
    });
    const expired: ServerMessage = { type: "error", code: "ticket_expired", message: "", fatal: true };
    socket.start();
    await vi.advanceTimersByTimeAsync(0);
    last().opens();
    last().says(expired);
    await vi.advanceTimersByTimeAsync(0);
    expect(asked).toEqual([false, true]);
    last().opens();
    last().says(expired);
    expect(ends).toEqual([{ how: "refused", code: "ticket_expired" }]);
  });
});

describe("a broken line", () => {
  test("is taken up again with the secret of the seat", async () => {
    const { joins, last, states } = call();
    await joins();
    last().breaks();
    await vi.advanceTimersByTimeAsync(250);
    last().opens();
    expect(last().sent[0]).toMatchObject({ type: "join", resume: "secret" });
    last().says({ ...WELCOME, resumed: true });
    expect(states).toEqual(["connecting", "joined", "reconnecting", "joined"]);
  });

  test("goes on with the new seat when the old one is no longer kept", async () => {
    const { joins, last, states, sockets } = call();
    await joins();
    last().breaks();
    await vi.advanceTimersByTimeAsync(250);
    last().opens();
    last().says({ ...WELCOME, seat: 9, resume: "another" });
    last().says({ type: "error", code: "resume_unknown", message: "", fatal: false });
    last().breaks();
    await vi.advanceTimersByTimeAsync(250);
    last().opens();
    expect(last().sent[0]).toMatchObject({ resume: "another" });
    expect([states.at(-2), sockets.length]).toEqual(["joined", 3]);
  });

  test("is noticed by silence although the browser says nothing", async () => {
    const { joins, sockets } = call();
    await joins();
    await vi.advanceTimersByTimeAsync(15_000 + 250);
    expect(sockets).toHaveLength(2);
    expect(sockets[0]?.closed).toBe(true);
  });

  test("is not taken for broken while pongs come", async () => {
    const { joins, last, sockets } = call();
    await joins();
    for (let nonce = 1; nonce <= 20; nonce++) {
      await vi.advanceTimersByTimeAsync(5_000);
      expect(last().sent.at(-1)).toEqual({ type: "ping", nonce });
      last().says({ type: "pong", nonce });
    }
    expect(sockets).toHaveLength(1);
  });

  test("is given up in the end, after a bounded number of attempts", async () => {
    const { joins, last, sockets, ends } = call();
    await joins();
    last().breaks();
    for (let i = 0; i < 200 && ends.length === 0; i++) {
      await vi.advanceTimersByTimeAsync(1_000);
      last().breaks();
    }
    expect(ends).toEqual([{ how: "lost", code: "network_lost" }]);
    expect(sockets.length).toBeLessThan(30);
  });

  test("is left at once for another one when the network changed and it does not answer", async () => {
    const { socket, sockets, last, joins, states } = call();
    await joins();
    socket.nudge();
    await vi.advanceTimersByTimeAsync(100);
    expect(sockets).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(100);
    expect([sockets.length, sockets[0]?.closed]).toEqual([2, true]);
    last().opens();
    expect(last().sent[0]).toMatchObject({ type: "join", resume: "secret" });
    last().says({ ...WELCOME, resumed: true });
    expect(states).toEqual(["connecting", "joined", "reconnecting", "joined"]);
  });

  test("is kept when the network changed and it answers", async () => {
    const { socket, sockets, last, joins } = call();
    await joins();
    socket.nudge();
    await vi.advanceTimersByTimeAsync(50);
    last().says({ type: "pong", nonce: 1 });
    await vi.advanceTimersByTimeAsync(3_000);
    expect(sockets).toHaveLength(1);
  });

  test("is tried at once when the network comes back", async () => {
    const { joins, last, socket, sockets } = call();
    await joins();
    last().breaks();
    socket.nudge();
    await vi.advanceTimersByTimeAsync(0);
    expect(sockets).toHaveLength(2);
  });
});

describe("the end", () => {
  test("leaving says so and never comes back", async () => {
    const { joins, last, socket, sockets, ends } = call();
    await joins();
    const line = last();
    socket.leave();
    await vi.advanceTimersByTimeAsync(120_000);
    expect(line.sent.at(-1)).toEqual({ type: "leave" });
    expect(sockets).toHaveLength(1);
    expect(ends).toEqual([{ how: "left", code: "left" }]);
  });

  test.each(["ended", "replaced"])("a room that closes with %s is not joined again", async (reason) => {
    const { joins, last, sockets, ends } = call();
    await joins();
    last().says({ type: "closing", reason, in_ms: 0 });
    last().breaks();
    await vi.advanceTimersByTimeAsync(120_000);
    expect(sockets).toHaveLength(1);
    expect(ends).toEqual([{ how: "closed", code: reason }]);
  });

  test("a server that restarts is joined again", async () => {
    const { joins, last, sockets, ends } = call();
    await joins();
    last().says({ type: "closing", reason: "server_restart", in_ms: 1_000 });
    last().breaks();
    await vi.advanceTimersByTimeAsync(250);
    expect(sockets).toHaveLength(2);
    expect(ends).toEqual([]);
  });

  test("a closing that is announced but forgotten happens all the same", async () => {
    const { joins, last, ends } = call();
    await joins();
    last().says({ type: "closing", reason: "ended", in_ms: 500 });
    await vi.advanceTimersByTimeAsync(1_500);
    expect(ends).toEqual([{ how: "closed", code: "ended" }]);
  });

  test("an error of one request ends nothing", async () => {
    const { joins, last, states } = call();
    await joins();
    last().says({ type: "error", code: "not_allowed", message: "", fatal: false });
    expect(states.at(-1)).toBe("joined");
  });

  test("what is not a message is ignored", async () => {
    const { joins, last, messages } = call();
    await joins();
    for (const data of ["", "null", "7", "[]", "{", "{}", new ArrayBuffer(4)]) last().hears(data);
    expect(messages).toHaveLength(1);
  });
});
