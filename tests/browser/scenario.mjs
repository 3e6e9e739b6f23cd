// What every scenario shares: its arguments, its lines to the test that started it, and its ending. No browser here.

/** The arguments the test gave. */
export const args = process.argv[2]?.startsWith('{') ? JSON.parse(process.argv[2]) : {};

/**
 * How long anything that is waited for may take, in ms: far longer than it takes on a slow and busy machine, so that it says
 * "did not hang" and nothing of the machine. How fast things are is measured by `scripts/bench.sh` and `scripts/network.sh`.
 */
export const PATIENCE_MS = 120_000;

/** Says one thing to the test. */
export function say(event, facts = {}) {
  process.stdout.write(`${JSON.stringify({ event, ...facts })}\n`);
}

const lines = [];
let waiting = null;
function listen() {
  process.stdin.setEncoding('utf8').on('data', (text) => {
    for (const line of text.split('\n').filter(Boolean)) {
      if (waiting) {
        waiting(line);
        waiting = null;
      } else lines.push(line);
    }
  });
  // The test is gone: so are we. Browsers that are driven by a pipe go with us; the others are closed first.
  process.stdin.on('end', () => void end(1));
}

/** Waits until the test says to go on. */
export function toldToGoOn() {
  const line = lines.shift();
  return line ? Promise.resolve(line) : new Promise((resolve) => (waiting = resolve));
}

const closers = [];

/** Something to close at the end, whatever happens. */
export function atEnd(close) {
  closers.push(close);
}

let ending = false;
/** Closes everything and ends the process. */
export async function end(code) {
  if (ending) return;
  ending = true;
  const closed = Promise.allSettled(closers.map((close) => close()));
  const patience = new Promise((resolve) => setTimeout(resolve, 5000).unref());
  await Promise.race([closed, patience]);
  process.exit(code);
}
process.on('SIGTERM', () => void end(1));

/** Runs the scenario; its result is said as `done`, its fault as `failed`. */
export async function scenario(play) {
  listen();
  try {
    const result = await play();
    say('done', result ?? {});
    await end(0);
  } catch (error) {
    say('failed', { message: String(error?.stack ?? error) });
    await end(1);
  }
}

/** Fails with these words unless it holds. */
export function check(holds, words) {
  if (!holds) throw new Error(words);
}

/** Measures again and again, until it is as wanted or patience is over; what was measured last. */
export async function reached(measure, wanted) {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const found = await measure();
    if (wanted(found) || performance.now() > deadline) return found;
  }
}

/** Milliseconds on a clock that never goes back. */
export const now = () => performance.now();
