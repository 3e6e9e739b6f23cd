// `node bench-signin.mjs PROGRAM SIGN_INS`: whole sign-ins over HTTP through an OpenID provider, each of another person from another address:
// the page of ways, the form, the provider, the way back, the page where one began. A server of its own; no browser. First as many as it
// takes, four at a time; then 500 a minute. Prints the rate, how long one takes, and the server's CPU for each (/proc/PID/stat).
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { atEnd, end } from './scenario.mjs';
import { started } from './server.mjs';

const [program, signIns = '1000'] = process.argv.slice(2);
const AT_ONCE = 4;
const A_MINUTE = 500;
/** Ticks of /proc/PID/stat in a second: what Linux says to programs, everywhere. */
const TICKS = 100;

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** The provider of the tests, as somebody else each time. */
async function provider() {
  const port = await freePort();
  const script = new URL('../providers/oidc-hostile.mjs', import.meta.url).pathname;
  const node = spawn(process.execPath, [script, '--port', String(port)], { stdio: ['ignore', 'pipe', 'inherit'] });
  atEnd(() => node.kill());
  const [line] = await once(createInterface(node.stdout), 'line');
  const { url } = JSON.parse(line);
  await fetch(`${url}/simuliatorius?rezimas=daug`, { method: 'POST' });
  return url;
}

const between = (text, before, after) => text.split(before)[1]?.split(after)[0] ?? '';

/** One person signs in; throws unless they are. */
async function signIn(url, number) {
  const jar = new Map();
  const address = `10.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}`;
  async function ask(path, options = {}) {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = { cookie, 'x-forwarded-for': address, 'accept-language': 'lt', ...options.headers };
    const answer = await fetch(new URL(path, url), { ...options, headers, redirect: 'manual' });
    for (const line of answer.headers.getSetCookie()) {
      const [name, value] = line.split(';')[0].split(/=(.*)/s);
      jar.set(name, value);
    }
    return { status: answer.status, location: answer.headers.get('location'), body: await answer.text() };
  }
  const page = await ask('/prisijungti');
  const form = new URLSearchParams({ csrf: between(page.body, 'name="csrf" value="', '"'), back: '/priemimai' });
  const go = await ask('/prisijungti/oidc', { method: 'POST', body: form });
  const away = between(go.body, 'id="toliau" href="', '"').replaceAll('&#38;', '&');
  const there = await fetch(away, { redirect: 'manual' });
  const back = new URL(there.headers.get('location'));
  const signedIn = await ask(back.pathname + back.search);
  if (signedIn.status !== 303 || !jar.has('aikste_session')) throw new Error(`not signed in: ${signedIn.status} ${signedIn.body.slice(0, 300)}`);
  await ask(signedIn.location);
}

/** CPU seconds of a process so far. */
function cpu(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

async function measured(pid, name, run) {
  const took = [];
  const timed = async (work) => {
    const began = performance.now();
    await work();
    took.push(performance.now() - began);
  };
  const [began, spent] = [performance.now(), cpu(pid)];
  await run(timed);
  const seconds = (performance.now() - began) / 1000;
  const each = ((cpu(pid) - spent) * 1000) / took.length;
  took.sort((a, b) => a - b);
  const at = (part) => took[Math.floor((took.length - 1) * part)].toFixed(0);
  const rate = ((took.length * 60) / seconds).toFixed(0);
  console.log(`${name}: ${took.length} sign-ins, ${rate} a minute; server CPU ${each.toFixed(2)} ms each; median ${at(0.5)} ms, 95 % ${at(0.95)} ms`);
}

async function main() {
  const oidc = await provider();
  const port = await freePort();
  const { url, pid } = await started(program, {
    AIKSTE_OIDC_ISSUER: oidc,
    AIKSTE_OIDC_CLIENT_ID: 'aikste',
    AIKSTE_OIDC_PERSONAL_CODE_CLAIM: 'personal_code',
    AIKSTE_SERVER_BEHIND_HTTPS_PROXY: 'true',
    AIKSTE_SERVER_PUBLIC_URL: `http://127.0.0.1:${port}`,
  });
  let number = 0;
  const next = () => signIn(url, (number += 1));
  for (let i = 0; i < 20; i += 1) await next();
  const each = Math.ceil(Number(signIns) / AT_ONCE);
  await measured(pid, `${AT_ONCE} at a time`, (timed) =>
    Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        for (let i = 0; i < each; i += 1) await timed(next);
      }),
    ),
  );
  await measured(pid, `${A_MINUTE} a minute`, async (timed) => {
    const began = performance.now();
    const all = [];
    for (let i = 0; i < Math.min(A_MINUTE, Number(signIns)); i += 1) {
      const due = began + (i * 60_000) / A_MINUTE;
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())));
      all.push(timed(next));
    }
    await Promise.all(all);
  });
}

let code = 0;
try {
  await main();
} catch (error) {
  console.error(error);
  code = 1;
}
await end(code);
