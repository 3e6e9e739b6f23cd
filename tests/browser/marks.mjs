// Four in a call: the host, somebody who came through the state gateway, a verified anonymous resident with a token, a plain
// anonymous one. What each of them sees beside the others' names, what the call's messages tell them, and that erasing an account
// takes its name out of the recording.
import { chromium } from './browsers.mjs';
import { args, scenario } from './scenario.mjs';
import { Visitor } from './visitor.mjs';

const { url, conference, host } = args;
const plain = (text) => text.replace(/\s+/g, ' ').trim();

/** Through the simulated gateway's pages, as one of its people. */
async function throughGateway(visitor, person, to) {
  await visitor.goto(`/prisijungti?toliau=${to}`);
  await visitor.page.click('form[action="/prisijungti/viisp"] button');
  await visitor.page.waitForSelector('button[name=asmuo]');
  await visitor.page.click(`button[name=asmuo][value="${person}"]`);
  await visitor.until(`is at ${to}`, `() => location.origin === '${url}' && location.pathname === '${to}'`);
}

/** What the list of people, or the tiles, say: in the order of coming, with the mark. */
const people = (visitor, each, name, own) =>
  visitor.eval(
    ({ each, name, own }) =>
      [...document.querySelectorAll(each)]
        .sort((a, b) => Number(a.dataset.seat ?? a.dataset.person) - Number(b.dataset.seat ?? b.dataset.person))
        .map((one) => {
          const mark = one.querySelector('[data-mark]')?.cloneNode(true);
          mark?.querySelector('.vh').remove();
          return `${one.matches(own) ? 'own: ' : ''}${one.querySelector(name).textContent} ${mark?.textContent ?? ''}`;
        }),
    { each, name, own },
  );

/** The words without what stands for "(you)" and "hosts". */
const bare = (texts) => texts.map((text) => plain(text.replace(/\s*\(jūs\)|, priima|, jūs/g, '')));

scenario(async () => {
  const told = [[], [], [], []];
  const visitors = [];
  for (const [at, name] of ['host', 'named', 'verified', 'anonymous'].entries()) {
    const visitor = await Visitor.at(await chromium({ devices: 'fake' }), url, name);
    visitor.page.on('websocket', (socket) => socket.on('framereceived', ({ payload }) => told[at].push(String(payload))));
    visitors.push(visitor);
  }
  const [a, b, c, d] = visitors;
  await a.signIn(host.id);
  await a.open(conference);
  await throughGateway(c, 1, '/mano-teises');
  const isOpen = async (right) => (await (await fetch('/api/v1/rights')).json()).rights.some((one) => one.id === right);
  await c.until('may ask for a right', isOpen, `seat/${conference}`, 60000);
  await c.page.click('[data-do=collect]');
  await c.sees('[data-said=done]', 30000);
  await c.page.context().clearCookies();
  await throughGateway(b, 0, '/paskyra');
  const account = await b.eval(() => fetch('/api/v1/session').then((answer) => answer.json()).then((body) => body.account.id));

  await a.enter(conference, { as: 'name' });
  await a.press('[data-do=record]');
  await a.sees('[data-recording=on]', 15000);
  await b.enter(conference, { as: 'name' });
  await c.enter(conference, { as: 'verified' });
  await d.enter(conference, { as: 'anonymous' });
  const facts = { people: [], tiles: [], marks: [], more: [] };
  const fields = new Set();
  for (const [at, visitor] of visitors.entries()) {
    await visitor.until('sees four', () => document.querySelectorAll('[data-tile]').length === 4);
    facts.tiles.push(bare(await people(visitor, '[data-tile]', '.nm-text', '[data-own]')));
    if (!(await visitor.eval(() => !!document.querySelector('[data-people]')))) await visitor.press('[data-do=people]');
    await visitor.sees('[data-people]');
    facts.people.push(bare(await people(visitor, '[data-person]', 'b', '.me')));
    const latest = new Map();
    for (const text of told[at]) {
      const message = JSON.parse(text);
      for (const person of [...(message.participants ?? []), ...(message.participant ? [message.participant] : [])]) {
        latest.set(person.seat, [person.identified, person.verified]);
        for (const field of Object.keys(person)) fields.add(field);
        if (person.label.kind === 'anonymous' && person.identified !== null) facts.more.push(text);
      }
      if (text.includes(account) || /PETRAUSK|47604084093|33309240064|digest|provider/i.test(text)) facts.more.push(text);
    }
    facts.marks.push([...latest].sort(([one], [other]) => one - other).map(([, mark]) => mark));
  }
  facts.fields = [...fields].sort();

  await a.press('[data-do=end]');
  await a.press('[data-do=confirm-end]');
  await a.sees('[data-view=left]', 10000);
  const recordingOf = (id) =>
    fetch('/api/v1/recordings')
      .then((answer) => answer.json())
      .then((list) => list.recordings.find((one) => one.conference.id === id)?.id);
  const recording = await b.until('a recording to replay', recordingOf, conference, 60000);
  /** The names of one kind that the replay's page has. */
  const named = async (words) => {
    await d.goto(`/archyvas/${recording}`);
    await d.sees('[data-player][data-state=ready]', 30000);
    const replayed = await d.eval(async () => {
      const { labels, marks } = await (await fetch(`/api/v1/recordings/${location.pathname.split('/').pop()}`)).json();
      return Object.keys(labels).map((participant) => [labels[participant], marks[participant] ?? null]);
    });
    (facts.replayed ??= []).push(replayed);
    facts.faces ??= await d.eval(() => [...document.querySelectorAll('[data-face] [data-mark]')].map((mark) => mark.textContent));
    return d.eval((words) => words.filter((one) => document.body.textContent.includes(one)), words);
  };
  const words = ['Rūta Kazlauskaitė', 'Vardas pašalintas'];
  facts.before = await named(words);
  await b.goto('/paskyra/istrinti');
  await b.page.click('form[action="/paskyra/istrinti"] button');
  await b.until('is erased', () => location.pathname === '/prisijungti');
  facts.after = await named(words);
  return facts;
});
