// An OpenID provider that answers wrongly, in the way that `POST /simuliatorius?rezimas=MODE` chooses: what a real one never
// does, a forged one would. `node oidc-hostile.mjs --port 8093` serves until it is ended.
import { createHash, createHmac, createSign, generateKeyPairSync, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { parseArgs } from 'node:util';

const { values: options } = parseArgs({ options: { port: { type: 'string' } } });
const issuer = `http://127.0.0.1:${options.port}`;
const make = (kid) => ({ kid, ...generateKeyPairSync('rsa', { modulusLength: 2048 }) });
let key = make('pirmas');
const foreign = make('pirmas');
let mode = 'tiesus';
const codes = new Map();

const part = (object) => Buffer.from(JSON.stringify(object)).toString('base64url');
function jwt(claims) {
  if (mode === 'alg-none') return `${part({ alg: 'none' })}.${part(claims)}.`;
  if (mode === 'hs256') {
    // Signed with the public key as if it were a shared secret.
    const text = `${part({ alg: 'HS256', kid: key.kid })}.${part(claims)}`;
    return `${text}.${createHmac('sha256', key.publicKey.export({ type: 'spki', format: 'pem' })).update(text).digest('base64url')}`;
  }
  const text = `${part({ alg: 'RS256', kid: key.kid })}.${part(claims)}`;
  const by = mode === 'kitu-raktu' ? foreign : key;
  return `${text}.${createSign('RSA-SHA256').update(text).sign(by.privateKey, 'base64url')}`;
}

let people = 0;
/** Another person each time (`daug`): a personal code with its check digit, and their name here. */
function somebody() {
  people += 1;
  const digits = [...`4${String(10 + (people % 80))}0101${String(Math.floor(people / 80) % 1000).padStart(3, '0')}`].map(Number);
  const sum = (weights) => digits.reduce((all, digit, at) => all + digit * weights[at], 0) % 11;
  const [first, second] = [sum([1, 2, 3, 4, 5, 6, 7, 8, 9, 1]), sum([3, 4, 5, 6, 7, 8, 9, 1, 2, 3])];
  return { sub: `zmogus-${people}`, personal_code: digits.join('') + (first < 10 ? first : second % 10) };
}

function idToken({ nonce }) {
  const now = Math.floor(Date.now() / 1000);
  return jwt({
    iss: mode === 'kitas-leidejas' ? 'http://127.0.0.1:1' : issuer, sub: 'ruta', aud: mode === 'kitam' ? 'kitas' : 'aikste',
    nonce: mode === 'kitas-nonce' ? 'x' : nonce, iat: mode === 'senas' ? now - 7200 : now, exp: mode === 'senas' ? now - 3600 : now + 300,
    given_name: 'Rūta', family_name: 'Kazlauskaitė', personal_code: mode === 'blogas-kodas' ? '38001010000' : '33309240064',
    ...(mode === 'daug' ? somebody() : {}),
  });
}

const server = createServer(async (request, response) => {
  const url = new URL(request.url, issuer);
  let body = '';
  for await (const piece of request) body += piece;
  const json = (object, status = 200) => response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(object));
  switch (url.pathname) {
    case '/simuliatorius':
      mode = url.searchParams.get('rezimas') ?? 'tiesus';
      if (mode === 'nauji-raktai') key = make(randomUUID());
      return response.end(mode);
    case '/.well-known/openid-configuration':
      if (mode === 'sugedes') return json({}, 503);
      return json({
        issuer, authorization_endpoint: `${issuer}/auth`, token_endpoint: `${issuer}/token`, jwks_uri: `${issuer}/jwks`,
        response_types_supported: ['code'], subject_types_supported: ['public'], id_token_signing_alg_values_supported: ['RS256'],
      });
    case '/jwks':
      return json({ keys: [{ ...key.publicKey.export({ format: 'jwk' }), kid: key.kid, use: 'sig', alg: 'RS256' }] });
    case '/auth': {
      const code = randomUUID();
      codes.set(code, { nonce: url.searchParams.get('nonce'), challenge: url.searchParams.get('code_challenge') });
      const back = new URL(url.searchParams.get('redirect_uri'));
      back.searchParams.set('state', url.searchParams.get('state'));
      if (mode === 'atsisakyta') back.searchParams.set('error', 'access_denied');
      else back.searchParams.set('code', code);
      if (mode === 'supainiota') back.searchParams.set('iss', 'http://127.0.0.1:1');
      return response.writeHead(303, { location: back.href }).end();
    }
    case '/token': {
      if (mode === 'sugedes') return json({}, 503);
      if (mode === 'didelis') return response.end(' '.repeat(2_000_000));
      const form = new URLSearchParams(body);
      const code = codes.get(form.get('code'));
      codes.delete(form.get('code'));
      const verified = code && createHash('sha256').update(form.get('code_verifier') ?? '').digest('base64url') === code.challenge;
      if (!verified || mode === 'kodas-pasenes') return json({ error: 'invalid_grant' }, 400);
      return json({ access_token: randomUUID(), token_type: 'Bearer', expires_in: 60, id_token: idToken(code) });
    }
    default:
      return json({}, 404);
  }
});
server.listen(Number(options.port), '127.0.0.1', () => console.log(JSON.stringify({ event: 'ready', url: issuer })));
