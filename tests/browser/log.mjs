// The civic log in the browser: found from the foot of a page, filtered, a record checked; and a lying server found out.
import { chromium } from './browsers.mjs';
import { args, check, scenario } from './scenario.mjs';
import { Visitor } from './visitor.mjs';

const { url } = args;

scenario(async () => {
  const visitor = await Visitor.at(await chromium({}), url, 'reader');
  const page = visitor.page;
  await visitor.goto('/');
  await page.click('.foot a[href="/zurnalas"]');
  await visitor.sees('.log-list li');
  await page.selectOption('#rusis', 'log.key_set');
  await page.click('.log-filter button');
  await visitor.sees('.log-list li');
  const filtered = await page.locator('.log-list li').count();

  await page.click('.log-list a.t');
  await visitor.sees('[data-proof=ok]');
  await page.click('[data-proof] summary');
  const steps = await page.locator('[data-step]').count();
  const right = await page.locator('[data-step] .tag.ok').count();

  // The server says something else than it has signed.
  const honest = page.url();
  await page.route('**/api/v1/log/records/*', async (route) => {
    const response = await route.fetch();
    const record = await response.json();
    await route.fulfill({ response, json: { ...record, payload: { key: 'aa' } } });
  });
  await visitor.goto(new URL(honest).pathname);
  await visitor.sees('[data-proof=wrong]');
  await page.unroute('**/api/v1/log/records/*');
  await page.route('**/api/v1/log/checkpoint', async (route) => {
    const response = await route.fetch();
    const note = (await response.text()).split('\n');
    note[2] = btoa('\x03'.repeat(32));
    await route.fulfill({ response, body: note.join('\n') });
  });
  await visitor.goto(new URL(honest).pathname);
  await visitor.sees('[data-proof=wrong]');
  check(visitor.complaints.length === 0, `the pages complained: ${visitor.complaints}`);
  return { filtered, steps, right };
});
