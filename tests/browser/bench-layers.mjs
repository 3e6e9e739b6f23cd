// `node bench-layers.mjs PROGRAM`: how soon a layer that nobody looks at is let go and comes back, and how long a picture stood
// while layers were switched, with real browsers and a server of its own.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { atEnd, end } from './scenario.mjs';
import { serve } from './server.mjs';

const [program] = process.argv.slice(2);

/** Plays the scenario; what its lines said. */
function play(args) {
  const scenario = spawn('node', [fileURLToPath(new URL('layers.mjs', import.meta.url)), JSON.stringify(args)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  atEnd(() => scenario.kill('SIGTERM'));
  return new Promise((resolve, reject) => {
    let said = '';
    scenario.stdout.setEncoding('utf8').on('data', (text) => (said += text));
    scenario.on('exit', () => {
      const last = JSON.parse(said.trim().split('\n').at(-1) ?? '{}');
      if (last.event === 'done') resolve(last);
      else reject(new Error(last.message ?? said));
    });
  });
}

async function main() {
  const url = await serve(program);
  const ask = async (path) => (await fetch(url + path)).json();
  const accounts = (await ask('/api/v1/demonstration/accounts')).accounts;
  const { conferences } = await ask('/api/v1/conferences?when=coming');
  const conference = conferences.find((one) => one.audience === 'anyone');
  const host = accounts.find((account) => account.name === conference.host_name);
  const residents = accounts.filter((account) => account.role === 'resident');
  const facts = await play({ url, conference: conference.id, host, residents, devices: { a: 'fake', b: 'fake' } });
  console.log(`a layer that nobody looks at is let go after ${facts.off_ms} ms and comes back within ${facts.on_ms} ms`);
  console.log(`a picture stood for at most ${facts.b_of_a.longest_ms} ms in Chromium, ${facts.c_of_a.longest_ms} ms in Firefox`);
}

let code = 0;
try {
  await main();
} catch (error) {
  console.error(error);
  code = 1;
}
await end(code);
