import { enter } from '../support/people';
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
    const parts = await page.locator('.gallery > section').all();
    expect(parts.length).toBeGreaterThan(8);
    for (const [at, part] of parts.entries()) {
      // Other machines smooth letters otherwise: a few in a hundred points may differ, and each by a shade.
      await expect.soft(part).toHaveScreenshot(`${name}-${String(at + 1).padStart(2, '0')}.png`, { maxDiffPixelRatio: 0.03, threshold: 0.3, timeout: 30_000 });
    }
  });
}
