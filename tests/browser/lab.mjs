// Networks that misbehave: a namespace for each client (tests/network/lab.py), and the server's pages brought to them.
import { spawn } from 'node:child_process';
import { createServer, connect } from 'node:net';
import { createInterface } from 'node:readline';
import { atEnd } from './scenario.mjs';

/** The server's address, as clients see it. */
const SERVER = '10.98.0.1';

export class Lab {
  /** One namespace for each name; `url` is where the server's pages are on loopback. */
  static async of(names, url) {
    const python = spawn('/usr/bin/python3', [new URL('../network/lab.py', import.meta.url).pathname, ...names], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const lab = new Lab(python);
    lab.namespaces = JSON.parse(await lab.#line());
    const port = Number(new URL(url).port);
    // Pages are for loopback only, unless they are HTTPS: they are carried on. From a port of its own: at this address the media
    // server or a relay may listen on the one that the pages have at the other.
    const pages = createServer((client) => {
      const server = connect(port, '127.0.0.1');
      client.pipe(server).pipe(client);
      client.on('error', () => server.destroy());
      server.on('error', () => client.destroy());
    });
    await new Promise((resolve) => pages.listen(0, SERVER, resolve));
    atEnd(() => pages.close());
    lab.url = `http://${SERVER}:${pages.address().port}`;
    return lab;
  }

  #lines = [];
  #waiting = [];

  constructor(python) {
    this.python = python;
    createInterface({ input: python.stdout }).on('line', (line) => {
      const next = this.#waiting.shift();
      if (next) next(line);
      else this.#lines.push(line);
    });
    const over = new Promise((resolve) => python.on('exit', resolve));
    python.on('exit', (code) => this.#waiting.forEach((next) => next(`lab.py ended: ${code}`)));
    atEnd(() => {
      python.stdin.end();
      return over;
    });
  }

  #line() {
    const line = this.#lines.shift();
    return line !== undefined ? Promise.resolve(line) : new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Does one thing to a network (see lab.py); what it answers. */
  async say(command) {
    this.python.stdin.write(`${command}\n`);
    const line = await this.#line();
    if (!line.startsWith('ok')) throw new Error(`${command}: ${line}`);
    return line.length > 2 ? JSON.parse(line.slice(2)) : null;
  }

  /** What a browser is started with to be in a client's namespace. */
  in(name) {
    return { namespace: this.namespaces[name], trusted: this.url };
  }
}
