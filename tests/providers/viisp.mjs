// A state gateway (VIISP, epaslaugos.lt) that is not one: SOAP 1.1 at the addresses of the real one, its own keys, its pages
// with a choice of person, and every way of answering wrongly. Questions are verified by xmlsec1, which shares nothing with
// the code that has signed them. `node viisp.mjs --port 8090 --keys FOLDER` serves until it is ended;
// `POST /simuliatorius?rezimas=MODE` chooses how the next answers are wrong.
import { execFileSync } from 'node:child_process';
import { createHash, createSign, generateKeyPairSync, randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const NS = 'http://www.epaslaugos.lt/services/authentication';
const DSIG = 'http://www.w3.org/2000/09/xmldsig#';
const SOAP = 'http://schemas.xmlsoap.org/soap/envelope/';
const { values: options } = parseArgs({
  options: { port: { type: 'string', default: '0' }, keys: { type: 'string' } },
});

/** People who do not exist; their codes are of the right form. */
const PEOPLE = [
  { code: '33309240064', first: 'RŪTA', last: 'KAZLAUSKAITĖ' },
  { code: '47604084093', first: 'JONAS', last: 'PETRAUSKAS' },
  { code: '49007043970', first: 'ONA', last: 'ŽUKAUSKIENĖ' },
];
const PROVIDERS = { 'auth.lt.bank': 'Banku', 'auth.signatureProvider': 'Mobiliuoju parašu', 'auth.lt.identity.card': 'Tapatybės kortele' };
const TTL_MS = 10 * 60 * 1000;
const tickets = new Map();
let mode = 'tiesus';

const folder = options.keys ?? mkdtempSync(join(tmpdir(), 'viisp-'));
function keyPair(name) {
  const path = join(folder, `${name}.pem`);
  if (!existsSync(path)) {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: name === 'gateway' ? 1024 : 2048 });
    writeFileSync(path, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
    writeFileSync(join(folder, `${name}-public.pem`), publicKey.export({ type: 'spki', format: 'pem' }));
  }
  return readFileSync(path, 'utf8');
}
const ours = keyPair('gateway');
const foreign = keyPair('foreign');
// The key of our client, too, for a demonstration; a real gateway would be given its public half.
keyPair('client');

const escape = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
const wrap = (base64, end) => base64.match(/.{1,76}/g).join(end);

/** Signs an element that is written in canonical form already, so that its digest is that of its own text. */
function signed(name, fields, { key = ours, hash = 'sha1', end = '\n', id = 'uniqueId' } = {}) {
  const open = `<authentication:${name} xmlns:authentication="${NS}" id="${id}">`;
  const close = `</authentication:${name}>`;
  const prefixes = '<InclusiveNamespaces xmlns="http://www.w3.org/2001/10/xml-exc-c14n#" PrefixList="authentication"></InclusiveNamespaces>';
  const digest = createHash(hash).update(open + fields + close).digest('base64');
  const method = hash === 'sha1' ? `${DSIG}rsa-sha1` : 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256';
  const digestMethod = hash === 'sha1' ? `${DSIG}sha1` : 'http://www.w3.org/2001/04/xmlenc#sha256';
  // The list of prefixes makes the canonical form declare `authentication` here, too.
  const info = (declared) =>
    `<SignedInfo${declared}><CanonicalizationMethod Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#">${prefixes}</CanonicalizationMethod>` +
    `<SignatureMethod Algorithm="${method}"></SignatureMethod><Reference URI="#${id}"><Transforms>` +
    `<Transform Algorithm="${DSIG}enveloped-signature"></Transform><Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#">${prefixes}</Transform></Transforms>` +
    `<DigestMethod Algorithm="${digestMethod}"></DigestMethod><DigestValue>${digest}</DigestValue></Reference></SignedInfo>`;
  const canonical = info(` xmlns="${DSIG}" xmlns:authentication="${NS}"`);
  const value = createSign(hash === 'sha1' ? 'RSA-SHA1' : 'RSA-SHA256').update(canonical).sign(key, 'base64');
  return `${open}${fields}<Signature xmlns="${DSIG}">${info('')}<SignatureValue>${wrap(value, end)}</SignatureValue></Signature>${close}`;
}

const envelope = (payload, head = '') =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<soap:Envelope xmlns:soap="${SOAP}"><SOAP-ENV:Header xmlns:SOAP-ENV="${SOAP}">${head}</SOAP-ENV:Header><soap:Body>${payload}</soap:Body></soap:Envelope>`;
const fault = (name) =>
  `<soap:Envelope xmlns:soap="${SOAP}"><soap:Body><soap:Fault><faultcode>soap:Server</faultcode><faultstring>${name}</faultstring><detail><${name} xmlns="${NS}"></${name}></detail></soap:Fault></soap:Body></soap:Envelope>`;
const field = (name, text) => `<authentication:${name}>${escape(text)}</authentication:${name}>`;

/** Whether our client has signed the question, in xmlsec1's eyes. */
function isVerified(question, name) {
  const file = join(folder, `question-${randomUUID()}.xml`);
  writeFileSync(file, question);
  try {
    execFileSync('xmlsec1', ['--verify', '--pubkey-pem', join(folder, 'client-public.pem'), '--id-attr:id', `${NS}:${name}`, file], { stdio: 'pipe' });
    return true;
  } catch {
    return false;
  } finally {
    rmSync(file);
  }
}

const ORDER = {
  authenticationRequest: /^<authentication:pid>[^<]+<\/authentication:pid><authentication:serviceTarget>citizen<\/authentication:serviceTarget>(<authentication:authenticationProvider>[a-zA-Z.]+<\/authentication:authenticationProvider>)+(<authentication:authenticationAttribute>[a-z-]+<\/authentication:authenticationAttribute>)+(<authentication:userInformation>\w+<\/authentication:userInformation>)+<authentication:postbackUrl>[^<]+<\/authentication:postbackUrl><authentication:customData>[^<]+<\/authentication:customData><Signature /,
  authenticationDataRequest: /^<authentication:pid>[^<]+<\/authentication:pid><authentication:ticket>[^<]+<\/authentication:ticket>(<authentication:includeSourceData>(true|false)<\/authentication:includeSourceData>)?<Signature /,
};

function answer(question) {
  const name = ['authenticationDataRequest', 'authenticationRequest'].find((n) => question.includes(`<authentication:${n} `));
  const inside = name && question.slice(question.indexOf('>', question.indexOf(`<authentication:${name} `)) + 1);
  if (!name || !ORDER[name].test(inside)) return [500, fault('invalidXmlException')];
  if (!isVerified(question, name)) return [500, fault('invalidSignatureException')];
  const values = (tag) => [...question.matchAll(new RegExp(`<authentication:${tag}>([^<]*)<`, 'g'))].map((m) => m[1]);
  if (name === 'authenticationRequest') {
    const ticket = randomUUID();
    tickets.set(ticket, {
      pid: values('pid')[0], back: values('postbackUrl')[0].replaceAll('&amp;', '&'), state: values('customData')[0],
      providers: values('authenticationProvider'), until: Date.now() + TTL_MS,
    });
    return [200, envelope(signed('authenticationResponse', field('ticket', ticket), mode === 'bilietas-kitu-raktu' ? { key: foreign } : {}))];
  }
  const ticket = tickets.get(values('ticket')[0]);
  // Once, in time, by whom it was given to.
  if (!ticket?.person || ticket.pid !== values('pid')[0] || ticket.until < Date.now()) return [500, fault('invalidXmlException')];
  if (mode !== 'pakartotinis') tickets.delete(values('ticket')[0]);
  return [200, dataAnswer(ticket)];
}

function dataFields({ person, provider, state }, code = person.code) {
  return (
    field('authenticationProvider', provider) +
    `<authentication:authenticationAttribute>${field('attribute', 'lt-personal-code')}${field('value', code)}</authentication:authenticationAttribute>` +
    [['firstName', person.first], ['lastName', person.last]].map(([what, value]) =>
      `<authentication:userInformation>${field('information', what)}<authentication:value>${field('stringValue', value)}</authentication:value></authentication:userInformation>`).join('') +
    `<authentication:userInformation>${field('information', 'companyName')}<authentication:value></authentication:value></authentication:userInformation>` +
    field('customData', state)
  );
}

/** The answer, right or wrong, as the mode says. */
function dataAnswer(ticket) {
  const name = 'authenticationDataResponse';
  const right = (set) => signed(name, dataFields(ticket), set);
  const evil = PEOPLE[1].code;
  const bare = `<authentication:${name} xmlns:authentication="${NS}" id="evil">${dataFields(ticket, evil)}</authentication:${name}>`;
  switch (mode) {
    case 'sha256': return envelope(right({ hash: 'sha256' }));
    case 'nepasirasytas': return envelope(bare);
    case 'kitu-raktu': return envelope(right({ key: foreign }));
    case 'apvyniotas': return envelope(bare.replace(`</authentication:${name}>`, `${right()}</authentication:${name}>`));
    case 'antrasteje': return envelope(bare, right());
    case 'tas-pats-id': return envelope(bare.replace('id="evil"', 'id="uniqueId"') + right());
    case 'pakeistas': return envelope(right().replace(ticket.person.code, evil));
    case 'kita-busena': return envelope(signed(name, dataFields({ ...ticket, state: 'kita' })));
    case 'blogas-kodas': return envelope(signed(name, dataFields(ticket, '38001010000')));
    case 'bomba': return envelope(right()).replace('?>\n', '?><!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>');
    case 'didelis': return envelope(right()) + ' '.repeat(2_000_000);
    default: return envelope(right());
  }
}

const page = (body) =>
  `<!doctype html><html lang="lt"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Elektroniniai valdžios vartai (simuliatorius)</title></head><body><main><h1>Elektroniniai valdžios vartai</h1><p>Tai simuliatorius: jo žmonės išgalvoti.</p>${body}</main></body></html>`;
const hidden = (name, value) => `<input type="hidden" name="${name}" value="${escape(value).replaceAll('"', '&quot;')}">`;

function portal(fields) {
  const id = fields.get('ticket') ?? '';
  const ticket = tickets.get(id);
  if (!ticket || ticket.until < Date.now()) return page('<p role="alert">Bilietas negalioja.</p>');
  const person = PEOPLE[Number(fields.get('asmuo') ?? -1)];
  if (fields.get('atsisakyti')) tickets.delete(id);
  else if (!person) {
    const ways = ticket.providers.map((p, i) => `<label><input type="radio" name="budas" value="${p}"${i ? '' : ' checked'}> ${PROVIDERS[p] ?? p}</label><br>`).join('');
    const people = PEOPLE.map((p, i) => `<button name="asmuo" value="${i}">${p.first} ${p.last}</button> `).join('');
    return page(`<form method="post">${hidden('ticket', id)}<fieldset><legend>Kaip</legend>${ways}</fieldset><p>${people}</p><p><button name="atsisakyti" value="1">Atsisakyti</button></p></form>`);
  } else Object.assign(ticket, { person, provider: fields.get('budas') });
  return page(`<form id="atgal" method="post" action="${ticket.back}">${hidden('ticket', id)}${hidden('customData', ticket.state)}<button>Grįžti</button></form><script>document.getElementById('atgal').submit()</script>`);
}

const server = createServer(async (request, response) => {
  const url = new URL(request.url, 'http://localhost');
  let body = '';
  for await (const piece of request) body += piece;
  const send = (status, type, text) => response.writeHead(status, { 'content-type': `${type}; charset=utf-8` }).end(text);
  if (url.pathname === '/simuliatorius') {
    mode = url.searchParams.get('rezimas') ?? 'tiesus';
    return send(200, 'text/plain', mode);
  }
  if (['/services/services/auth', '/portal/authenticationServices/auth'].includes(url.pathname)) {
    if (mode === 'lėtas' || mode === 'letas') return undefined;
    if (mode === 'sugedes') return send(503, 'text/plain', 'sugedo');
    if (body.includes('systemHealth')) {
      return send(200, 'text/xml', `<soap:Envelope xmlns:soap="${SOAP}"><soap:Body><echoResponse xmlns="http://viisp.ivpk.lt/systemHealth"><echoResponse>OK</echoResponse></echoResponse></soap:Body></soap:Envelope>`);
    }
    return send(...((a) => [a[0], 'text/xml', a[1]])(answer(body)));
  }
  if (url.pathname.startsWith('/portal/external/services/authentication/v2')) {
    const fields = new URLSearchParams(request.method === 'POST' ? body : url.search);
    return send(200, 'text/html', portal(fields));
  }
  return send(404, 'text/plain', 'nėra');
});
server.listen(Number(options.port), '127.0.0.1', () => {
  console.log(JSON.stringify({ event: 'ready', url: `http://127.0.0.1:${server.address().port}`, key: join(folder, 'gateway-public.pem'), client: join(folder, 'client.pem') }));
});
