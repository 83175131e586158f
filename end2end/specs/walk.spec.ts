import { type Page } from '@playwright/test';
import { logIn } from '../support/people';
import { expect, test } from '../support/test';
import { FINE, FINGER, NARROW, TWICE, atRest, clean, darken, fits, focused, pressable, reflows, settled, speak, translated } from '../support/walk';

/**
 * Every page, by somebody who may open it. Those in words are found on the way. What is made by a story of its own is looked at
 * there: sheets of transfers, runs and mappings of imports.
 */
const PAGES: Record<string, string[]> = {
  manager: ['/customers', 'customer', '/board', '/opportunities', '/transfers', '/pool', '/groups', '/lifecycle', '/transfers/new', '/groups?new=dynamic', '/groups?new=static'],
  branch: ['/customers?quiet_days=90', '/board', '/opportunities?overdue=1', '/transfers?state=done', '/practice', '/handover', '/dashboards/targets', '/help', '/help/tiers', '/help/parameters', '/help/imports'],
  executive: ['/dashboards', '/dashboards/home', '/dashboards/managers', 'manager', 'certificate', 'comparison', '/dashboards/products', 'product', '/dashboards/value', '/dashboards/behind', '/opportunities', '/tiers', '/account'],
  admin: ['/admin/users', '/admin/units', '/admin/staff', '/admin/prices', '/admin/parameters', '/admin/scoring', '/admin/products', '/admin/newcomers', '/imports', '/imports/new', '/system', '/gallery'],
  security: ['/admin/approvals', '/tiers', '/help/tiers', '/help?q=%E7%A7%BB%E4%BA%A4'],
  auditor: ['/audit', '/system'],
};

/** What the links of a page lead to, as the server draws it. */
async function codes(page: Page, from: string): Promise<string[]> {
  const html = await (await page.request.get(from)).text();
  const found = [...html.matchAll(new RegExp(`href="${from}/([^"?/]+)[?"]`, 'g'))].map(([, code]) => code);
  return [...new Set(found)].filter((code) => code !== 'compare');
}

async function address(page: Page, of: string): Promise<string> {
  if (of.startsWith('/')) return of;
  if (of === 'customer') return `/customers/${(await (await page.request.get('/api/v1/customers?limit=1')).json()).items[0].customer_no}`;
  if (of === 'product') return `/dashboards/products/${(await codes(page, '/dashboards/products'))[0]}`;
  const [first, second] = await codes(page, '/dashboards/managers');
  if (of === 'comparison') return `/dashboards/managers/compare?m=${first}&m=${second}`;
  return `/dashboards/managers/${first}${of === 'certificate' ? '/certificate' : ''}`;
}

/**
 * Languages, themes and widths are spread over the pages: each page is read in both languages and looked at by axe in both, one at a
 * desk or on a tablet and the other on a phone, and every combination is seen.
 */
function turn(at: number): { one: 'zh' | 'en'; other: 'zh' | 'en'; odd: boolean } {
  const [one, other] = at % 2 === 0 ? (['zh', 'en'] as const) : (['en', 'zh'] as const);
  return { one, other, odd: at % 4 > 1 };
}

for (const [login, pages] of Object.entries(PAGES)) {
  test(`every page of ${login} at a desk and on a tablet, in both languages and themes`, async ({ page }) => {
    test.setTimeout(600_000);
    await atRest(page);
    await logIn(page, login, '/account');
    for (const [at, of] of pages.entries()) {
      const { one, other, odd } = turn(at);
      await page.setViewportSize({ width: 1440, height: 900 });
      await page.goto(await address(page, of));
      await settled(page);
      await speak(page, one);
      await translated(page, one);
      await focused(page);
      await pressable(page, FINE);
      await fits(page);
      await page.setViewportSize({ width: 1024, height: 768 });
      await fits(page);
      await speak(page, other);
      await translated(page, other);
      if (odd) await page.setViewportSize({ width: 1440, height: 900 });
      await clean(page);
      await darken(page);
      await clean(page, 'color-contrast');
      await reflows(page, ...TWICE);
    }
  });

  test(`every page of ${login} on a phone`, async ({ newSession }) => {
    test.setTimeout(600_000);
    const page = await (await newSession({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true })).newPage();
    await atRest(page);
    await logIn(page, login, '/account');
    for (const [at, of] of pages.entries()) {
      const { one, odd } = turn(at);
      await page.setViewportSize({ width: 390, height: 844 });
      await page.goto(await address(page, of));
      await settled(page);
      await speak(page, one);
      await translated(page, one);
      await fits(page);
      await pressable(page, FINGER);
      if (!odd) await darken(page);
      await clean(page);
      await reflows(page, ...NARROW);
    }
  });
}

test('the page before login, and those that say no', async ({ page, browserConsole }) => {
  browserConsole.expect(/status of 40[34]/);
  await atRest(page);
  const look = async (): Promise<void> => {
    await page.setViewportSize({ width: 1440, height: 900 });
    await expect(page.locator('h1').first()).toBeAttached();
    await speak(page, 'en');
    await translated(page, 'en');
    await clean(page);
    await speak(page, 'zh');
    await translated(page, 'zh');
    await focused(page);
    await pressable(page, FINE);
    await darken(page);
    await clean(page);
    await reflows(page, ...TWICE);
    await reflows(page, ...NARROW);
  };
  await page.goto('/login');
  await look();
  await logIn(page, 'admin', '/customers');
  await look();
  await page.goto('/nothing/here');
  await look();
});
