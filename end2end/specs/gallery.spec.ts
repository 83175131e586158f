import { type Locator } from '@playwright/test';
import { clickUntil, enter } from '../support/people';
import { expect, test } from '../support/test';

/** What components look like, part by part. `npx playwright test gallery --update-snapshots` takes the pictures anew. */
const LOOKS = [
  { name: 'light', theme: 'light', lang: 'zh', width: 1440 },
  { name: 'dark', theme: 'dark', lang: 'en', width: 1024 },
  { name: 'contrast', theme: 'contrast', lang: 'zh', width: 1024 },
];

for (const { name, theme, lang, width } of LOOKS) {
  test(`every component looks as it did: ${name}, ${lang}, ${width} px`, async ({ page, context, baseURL }) => {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ reducedMotion: 'reduce' });
    await enter(page.request, 'admin');
    await context.addCookies(Object.entries({ theme, lang }).map(([key, value]) => ({ name: key, value, url: baseURL ?? '' })));
    await page.goto('/gallery');
    // The bar stays with the page: over a part that is longer than the screen it would be in the picture, with its news.
    await page.locator('.topbar').evaluate((bar) => {
      (bar as HTMLElement).style.position = 'static';
    });
    const parts = await page.locator('.gallery > section').all();
    expect(parts.length).toBeGreaterThan(15);
    for (const [at, part] of parts.entries()) {
      // Other machines smooth letters otherwise: a few in a hundred points may differ, and each by a shade.
      await expect.soft(part).toHaveScreenshot(`${name}-${String(at + 1).padStart(2, '0')}.png`, { maxDiffPixelRatio: 0.03, threshold: 0.3, timeout: 30_000 });
    }
    // What lies above the page is seen only once it is opened.
    const buttons = page.locator('.gallery > section', { has: page.locator('#gallery-menu-button') }).locator('.btn');
    const above: [string, Locator, Locator][] = [
      ['dialog', buttons.nth(0), page.locator('#gallery-dialog')],
      ['sheet', buttons.nth(1), page.locator('#gallery-sheet')],
      ['popover', page.locator('#gallery-filters-button'), page.locator('.gallery .pop-body')],
      ['menu', page.locator('#gallery-menu-button'), page.locator('#gallery-menu-items')],
    ];
    for (const [what, button, shown] of above) {
      await clickUntil(
        () => button.click(),
        () => expect(shown).toBeVisible({ timeout: 1_000 }),
      );
      await expect.soft(shown).toHaveScreenshot(`${name}-${what}.png`, { maxDiffPixelRatio: 0.03, threshold: 0.3, timeout: 30_000 });
      await page.keyboard.press('Escape');
      await expect(shown).toBeHidden();
    }
  });
}
