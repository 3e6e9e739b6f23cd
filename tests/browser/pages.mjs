// Every page in every theme at two widths, and in English in one theme, looked at (looks.mjs).
import { chromium } from './browsers.mjs';
import { THEMES, WIDTHS, look, lookingContext, setLanguage, setTheme, unroll } from './looks.mjs';
import { args, check, say, scenario } from './scenario.mjs';
import { Visitor } from './visitor.mjs';

const { url, pages, account, conference } = args;

scenario(async () => {
  const browser = await chromium({ devices: 'fake' });
  const report = [];
  let looked = 0;
  for (const width of WIDTHS) {
    const context = await lookingContext(browser, width);
    const visitor = await Visitor.at(browser, url, 'visitor', { context });
    const languages = THEMES.map((theme) => ({ theme, language: 'lt' })).concat({ theme: THEMES[0], language: 'en' });
    for (const { name, path } of pages) {
      for (const { theme, language } of languages) {
        await setTheme(context, url, theme);
        await setLanguage(context, url, language);
        await visitor.page.setViewportSize({ width, height: 844 });
        await visitor.goto(path);
        check((await visitor.eval(() => document.documentElement.lang)) === language, `${path} is not in ${language}`);
        await unroll(visitor, width);
        await look(visitor, language === 'lt' ? name : `${name}-${language}`, theme, width, report);
        looked += 1;
        // The page that says that there is no such page is itself answered with 404, and the browser says so.
        if (name === 'not-found') visitor.complaints.length = 0;
      }
    }
    await setLanguage(context, url, 'lt');
    await visitor.page.setViewportSize({ width, height: width === 390 ? 844 : 800 });
    // The lobby and the room, as a signed-in person sees them.
    await visitor.signIn(account.id);
    if (width === WIDTHS[0]) {
      await visitor.open(conference);
    }
    for (const { theme, language } of languages) {
      await setTheme(context, url, theme);
      await setLanguage(context, url, language);
      const called = (name) => (language === 'lt' ? name : `${name}-${language}`);
      await visitor.goto(`/priemimai/${conference}/pokalbis`);
      await visitor.sees('[data-view=lobby] video');
      await look(visitor, called('lobby'), theme, width, report);
      await visitor.enter(conference, { as: 'name' });
      await visitor.sees('[data-tile] video');
      await look(visitor, called('room'), theme, width, report);
      await visitor.leave();
      await visitor.sees('[data-view=left]');
      await look(visitor, called('left'), theme, width, report);
      looked += 3;
    }
    for (const complaint of visitor.complaints) report.push(`${width}: ${complaint}`);
    say('width', { width, looked });
    await context.close();
  }
  return { report, looked };
});
