// A server for a benchmark: in a folder of its own, on free ports.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atEnd } from './scenario.mjs';

const data = mkdtempSync(join(tmpdir(), 'aikste-bench-'));
const env = {
  ...process.env,
  AIKSTE_DATA_DIR: data,
  AIKSTE_DEMO_ACCOUNTS: 'true',
  AIKSTE_LOG_LEVEL: 'warn',
};

/** Starts a server of its own with the demonstration city and these settings; its address. It ends with the scenario. */
export async function serve(program, settings = {}) {
  return (await started(program, settings)).url;
}

/** The same; its address and its process. */
export async function started(program, settings) {
  Object.assign(env, settings);
  execFileSync(program, ['demo', 'fill'], { env, stdio: 'ignore' });
  const server = spawn(program, ['serve', '--listen', '127.0.0.1:0', '--media-ports', '0'], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const gone = new Promise((resolve) => server.on('exit', resolve));
  atEnd(async () => {
    server.kill('SIGTERM');
    await gone;
    rmSync(data, { recursive: true, force: true, maxRetries: 3 });
  });
  return new Promise((resolve, reject) => {
    server.on('exit', (code) => reject(new Error(`the server ended with ${code}`)));
    server.stdout.setEncoding('utf8').on('data', (text) => {
      const found = /Aikštė: (http\S+?)\/?\s/.exec(text);
      if (found) resolve({ url: found[1], pid: server.pid });
    });
  });
}
