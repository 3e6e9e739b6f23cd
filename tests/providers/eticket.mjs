// An operator of the city's e-ticket that is not one: "card-holder verification v1" (docs/API.md), its own keys, two cards.
// `node eticket.mjs --port 8091 --keys FOLDER --client kaunas` serves until it is ended;
// `POST /simuliatorius?rezimas=MODE` chooses how the next answers are wrong.
import { createHash, createHmac, createPublicKey, generateKeyPairSync, randomUUID, sign, verify } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const { values: options } = parseArgs({
  options: { port: { type: 'string', default: '0' }, keys: { type: 'string' }, client: { type: 'string', default: 'kaunas' } },
});
const CARDS = { 902467000001: '1234', 902467000002: '4321' };
const folder = options.keys ?? mkdtempSync(join(tmpdir(), 'eticket-'));
function keyPair(name) {
  const path = join(folder, `${name}.pem`);
  if (!existsSync(path)) {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    writeFileSync(path, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
    writeFileSync(join(folder, `${name}-public.pem`), publicKey.export({ type: 'spki', format: 'pem' }));
  }
  return readFileSync(path, 'utf8');
}
const ours = keyPair('operator');
const foreign = keyPair('foreign');
// The key of our client, too, for a demonstration; a real gateway would be given its public half.
keyPair('client');
const client = createPublicKey(readFileSync(join(folder, 'client-public.pem')));
const challenges = new Map();
const wrong = new Map();
const seen = new Set();
let mode = 'tiesus';
let address = '';

const digestOf = (body) => `sha-256=:${createHash('sha256').update(body).digest('base64')}:`;

/** The parameters of a question that our client has signed, or nothing. */
function asked(request, url, body) {
  const input = /^sig1=(\("@method" "@target-uri" "content-digest" "date"\);(.*))$/.exec(request.headers['signature-input'] ?? '');
  const value = /^sig1=:(.*):$/.exec(request.headers.signature ?? '');
  if (!input || !value || request.headers['content-digest'] !== digestOf(body)) return undefined;
  const parameters = Object.fromEntries([...input[2].matchAll(/(\w+)="?([^";]+)"?/g)].map((m) => [m[1], m[2]]));
  const now = Date.now() / 1000;
  if (parameters.keyid !== options.client || Number(parameters.expires) < now || Number(parameters.created) > now + 60) return undefined;
  if (seen.has(parameters.nonce)) return undefined;
  const base = `"@method": ${request.method}\n"@target-uri": ${url}\n"content-digest": ${request.headers['content-digest']}\n"date": ${request.headers.date}\n"@signature-params": ${input[1]}`;
  if (!verify(null, Buffer.from(base), client, Buffer.from(value[1], 'base64'))) return undefined;
  seen.add(parameters.nonce);
  return parameters;
}

function send(response, url, nonce, status, object) {
  const key = mode === 'kitu-raktu' ? foreign : ours;
  const body = JSON.stringify(object);
  const created = Math.floor(Date.now() / 1000);
  const date = new Date().toUTCString();
  const parameters = `("@status" "content-digest" "date" "@target-uri";req);created=${created};expires=${created + 60};nonce="${mode === 'kitas-klausimas' ? 'x' : nonce}";keyid="operator";alg="ed25519"`;
  const base = `"@status": ${status}\n"content-digest": ${digestOf(body)}\n"date": ${date}\n"@target-uri";req: ${url}\n"@signature-params": ${parameters}`;
  const headers = { 'content-type': 'application/json', date, 'content-digest': digestOf(body) };
  if (mode !== 'nepasirasytas') {
    headers['signature-input'] = `sig1=${parameters}`;
    headers.signature = `sig1=:${sign(null, Buffer.from(base), key).toString('base64')}:`;
  }
  response.writeHead(status, headers).end(mode === 'pakeistas' ? body.replace('{', '{ ') : body);
}

function assertion(challenge) {
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    iss: 'kortele', aud: mode === 'kitam' ? 'vilnius' : options.client, iat: now, exp: mode === 'senas' ? now - 600 : now + 60, jti: randomUUID(),
    nonce: mode === 'kitas-nonce' ? 'x' : challenge.nonce, sub: createHmac('sha256', 'pairwise').update(challenge.card + options.client).digest('hex'),
    card_state: mode === 'blokuota' ? 'blocked' : 'active', personalised: false, concession_verified: false, amr: ['pin'], acr: 'low',
  };
  const part = (object) => Buffer.from(JSON.stringify(object)).toString('base64url');
  const text = `${part({ alg: mode === 'alg-none' ? 'none' : 'EdDSA', typ: 'JWT' })}.${part(claims)}`;
  return `${text}.${mode === 'alg-none' ? '' : sign(null, Buffer.from(text), ours).toString('base64url')}`;
}

const server = createServer(async (request, response) => {
  let body = '';
  for await (const piece of request) body += piece;
  if (request.url.startsWith('/simuliatorius')) {
    mode = new URL(request.url, address).searchParams.get('rezimas') ?? 'tiesus';
    return response.end(mode);
  }
  if (mode === 'sugedes') return response.writeHead(503).end();
  const url = address + request.url;
  const parameters = asked(request, url, body);
  if (!parameters) return response.writeHead(400).end('{}');
  const reply = (status, object) => send(response, url, parameters.nonce, status, object);
  const question = JSON.parse(body);
  if (request.url === '/v1/challenges') {
    const id = randomUUID();
    challenges.set(id, { card: question.card_number, nonce: question.rp_nonce, until: Date.now() + 300_000 });
    return reply(201, { challenge_id: id, method: 'pin', expires_at: new Date(Date.now() + 300_000).toISOString(), attempts_left: 5 });
  }
  const id = /^\/v1\/challenges\/([^/]+)\/verify$/.exec(request.url)?.[1];
  const challenge = challenges.get(id);
  challenges.delete(id);
  if (!challenge || challenge.until < Date.now()) return reply(410, {});
  const tries = wrong.get(challenge.card) ?? 0;
  if (tries >= 5) return reply(423, { retry_after: 3600 });
  if (CARDS[challenge.card] === undefined || CARDS[challenge.card] !== question.code) {
    wrong.set(challenge.card, tries + 1);
    return reply(401, { attempts_left: 4 - tries });
  }
  wrong.delete(challenge.card);
  return reply(200, { assertion: assertion(challenge) });
});
server.listen(Number(options.port), '127.0.0.1', () => {
  address = `http://127.0.0.1:${server.address().port}`;
  console.log(JSON.stringify({ event: 'ready', url: address, key: join(folder, 'operator-public.pem'), client: join(folder, 'client.pem') }));
});
