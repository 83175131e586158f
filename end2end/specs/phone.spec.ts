import { accessible, clickUntil, logIn } from '../support/people';
import { expect, test } from '../support/test';

test('on a phone the search opens over the bar and takes what is typed in order', async ({ newSession }) => {
  const page = await (await newSession({ viewport: { width: 390, height: 844 }, hasTouch: true })).newPage();
  await logIn(page, 'branch', '/account');
  const answer = await page.request.get('/api/v1/customers?limit=1');
  const { name, customer_no: number } = (await answer.json()).items[0];
  const words = String(name).slice(0, 4);

  const box = page.locator('#find-customer');
  await box.tap();
  await expect(box).toBeFocused();
  expect((await box.boundingBox())?.width).toBeGreaterThan(280);
  await box.pressSequentially(words);
  await expect(box).toHaveValue(words);
  const found = page.getByRole('option').filter({ hasText: name }).first();
  await expect(found).toBeVisible();
  await accessible(page);
  await found.tap();
  await page.waitForURL(new RegExp(`/customers/\\d{12}`));
  await expect(page.getByRole('heading', { level: 1 })).toContainText(words);
  expect(number).toMatch(/^\d{12}$/);
  await accessible(page);
});

test('a script that does not arrive is said, and another try brings the page', async ({ page, context, browserConsole }) => {
  await logIn(page, 'branch', '/account');
  await expect(page.getByRole('heading', { level: 1, name: '我的账户' })).toBeVisible();
  // Alive once the language turns.
  await clickUntil(
    async () => {
      if ((await page.locator('html').getAttribute('lang'))?.startsWith('zh')) await page.getByRole('button', { name: 'EN', exact: true }).click();
    },
    () => expect(page.getByRole('heading', { level: 1, name: 'My account' })).toBeVisible({ timeout: 500 }),
  );
  browserConsole.expect(/Failed to load resource|ERR_FAILED|Failed to fetch|Load failed/);
  await context.route(/\.wasm$/, (route) => route.abort());
  await page.getByRole('link', { name: 'Dashboards' }).click();
  await expect(page.getByText('The page did not load')).toBeVisible({ timeout: 15_000 });
  await context.unroute(/\.wasm$/);
  await page.getByRole('button', { name: 'Try again' }).click();
  await expect(page.locator('.page.dash h1')).toBeVisible();
});
