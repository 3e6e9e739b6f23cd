// A person at a browser: signs in, chooses in the lobby, enters, mutes, leaves; by the page, as people do. The same for
// Chromium and Firefox: only what both drivers have in common is used.
import { rememberPeers } from './measure.mjs';
import { PATIENCE_MS, check } from './scenario.mjs';

/** Runs in the page: whether an element is where it was a moment ago. */
async function standsStill(selector) {
  const place = () => {
    const element = document.querySelector(selector);
    element?.scrollIntoView({ block: 'center', behavior: 'instant' });
    const box = element?.getBoundingClientRect();
    return box && `${box.x} ${box.y} ${box.width} ${box.height}`;
  };
  const before = place();
  await new Promise((resolve) => setTimeout(resolve, 100));
  return before !== undefined && place() === before;
}

/** Runs in the page: notes whether the next click arrives at an element. */
function expectPress(selector) {
  window.pressed = false;
  document.querySelector(selector).addEventListener('click', () => (window.pressed = true), { once: true, capture: true });
}

export class Visitor {
  /** `name` is only for messages. `browser` comes from browsers.mjs. */
  static async at(browser, url, name, { width = 1280, height = 800, context } = {}) {
    let page;
    if (browser.newContext) {
      const own = context ?? (await browser.newContext({ viewport: { width, height }, locale: 'lt-LT' }));
      page = await own.newPage();
    } else {
      page = await browser.newPage();
      await page.setViewport({ width, height });
    }
    page.setDefaultTimeout(PATIENCE_MS);
    page.setDefaultNavigationTimeout(PATIENCE_MS);
    await (page.addInitScript ? page.addInitScript(rememberPeers) : page.evaluateOnNewDocument(rememberPeers));
    return new Visitor(page, url, name);
  }

  constructor(page, url, name) {
    this.page = page;
    this.url = url;
    this.name = name;
    /** What the page complained of. */
    this.complaints = [];
    page.on('pageerror', (error) => this.complaints.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error') this.complaints.push(message.text());
    });
  }

  async goto(path) {
    await this.page.goto(this.url + path, { waitUntil: 'load' });
  }

  eval(does, arg) {
    return this.page.evaluate(does, arg);
  }

  /** Asks in the page until `fact(arg)` is truthy; its value. */
  async until(words, fact, arg, limit_ms = PATIENCE_MS) {
    const asked = `(${fact})(${JSON.stringify(arg ?? null)})`;
    const deadline = performance.now() + limit_ms;
    for (;;) {
      let value;
      try {
        value = await this.page.evaluate(asked);
      } catch (error) {
        // The page is being replaced by the next one: ask that one.
        if (!/context|navigat|destroyed|frame|BrowsingContext|unload/i.test(String(error))) throw error;
      }
      if (value) return value;
      if (performance.now() > deadline) {
        const state = await this.page
          .evaluate(() => `${location.pathname}: ${document.body.innerText.slice(0, 600)}`)
          .catch(() => '(no page)');
        throw new Error(`${this.name}: not within ${limit_ms} ms: ${words}\n${state}\n${this.complaints.join('\n')}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
  }

  sees(selector, limit_ms) {
    return this.until(
      `sees ${selector}`,
      (wanted) => {
        const found = document.querySelector(wanted);
        return found && found.getClientRects().length > 0;
      },
      selector,
      limit_ms,
    );
  }

  seesNot(selector, limit_ms) {
    return this.until(`no longer sees ${selector}`, (gone) => !document.querySelector(gone), selector, limit_ms);
  }

  /**
   * Clicks. One of the drivers waits until what is clicked stands still and meets the click; the other clicks where it was, and
   * a page that is still being filled moves on meanwhile: there it is asked whether the click arrived.
   */
  async press(selector) {
    await this.sees(selector);
    if (this.page.locator && this.page.addInitScript) return this.page.click(selector);
    const deadline = performance.now() + PATIENCE_MS;
    const arrived = () => this.page.evaluate(() => window.pressed).catch(() => undefined);
    for (;;) {
      await this.until(`stands still: ${selector}`, standsStill, selector);
      await this.eval(expectPress, selector);
      await this.page.click(selector);
      // A page that has gone took it along.
      const late = performance.now() + 2000;
      let there = await arrived();
      while (there === false && performance.now() < late) {
        await new Promise((resolve) => setTimeout(resolve, 30));
        there = await arrived();
      }
      if (there !== false) return undefined;
      check(performance.now() < deadline, `${this.name}: no click arrives at ${selector}`);
    }
  }

  /** Signs in as one of the demonstration people. */
  async signIn(account) {
    await this.goto('/prisijungti');
    await this.press(`button[name=account][value="${account}"]`);
    await this.until('is signed in', () => location.pathname !== '/prisijungti');
  }

  /** The host opens the reception, which leads into its lobby. */
  async open(conference) {
    await this.goto(`/priemimai/${conference}`);
    await this.press(`form[action="/priemimai/${conference}/pradeti"] button`);
    await this.until('is in the lobby', () => location.pathname.endsWith('/pokalbis'));
  }

  /** Through the lobby into the room: `as` is `name`, `anonymous` or `verified`. */
  async enter(conference, { as, camera = true } = {}) {
    await this.goto(`/priemimai/${conference}/pokalbis`);
    await this.sees('[data-view=lobby]');
    await this.sees('[data-do=enter]');
    // Offered once the browser has looked what rights it holds.
    if (as === 'verified') await this.until('may be verified', () => !!document.querySelector('input[value=verified]'));
    if (as) {
      const choice = await this.eval(
        (wanted) => !!document.querySelector(`input[name=as][value=${wanted}]`),
        as,
      );
      check(choice || as === 'anonymous', `${this.name}: the lobby offers no "${as}"`);
      if (choice) await this.press(`input[name=as][value=${as}]`);
    }
    // A lasting tone is noise to a browser that suppresses noise: this person has asked it not to.
    if (await this.eval(() => document.querySelector('input[name=noise]')?.checked)) {
      await this.press('[data-do=devices]');
      await this.press('input[name=noise]');
    }
    if (await this.eval(() => !!document.querySelector('input[name=consent]'))) await this.press('input[name=consent]');
    await this.press(camera ? '[data-do=enter]:not([disabled])' : '[data-do=without-camera]');
    await this.sees('[data-view=room]');
    await this.until('is connected', () => !!document.querySelector('[data-connection=connected]'));
  }

  /** The seat in which somebody of this name sits, as this visitor's room shows it. */
  seatOf(name) {
    return this.until(
      `sees ${name}`,
      (wanted) => {
        const tiles = [...document.querySelectorAll('[data-tile]')];
        return tiles.find((tile) => tile.innerText.includes(wanted))?.dataset.seat;
      },
      name,
    );
  }

  async leave() {
    await this.press('[data-do=leave]');
  }
}
