import { type Locator } from '@playwright/test';
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

test('a contact is logged with one thumb', async ({ newSession }) => {
  const page = await (await newSession({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true })).newPage();
  await logIn(page, 'manager', '/account');
  const { customer_no: number } = (await (await page.request.get('/api/v1/customers?limit=14')).json()).items[13];
  await page.goto(`/customers/${number}`);
  /** In the lower half of the screen, and as large as a fingertip. */
  const near = async (one: Locator): Promise<void> => {
    const box = await one.boundingBox();
    expect(box?.y).toBeGreaterThan(422);
    expect((box?.y ?? 0) + (box?.height ?? 0)).toBeLessThanOrEqual(844);
    expect(box?.height).toBeGreaterThan(43.5);
  };
  const log = page.getByRole('button', { name: '记录联系' });
  await page.evaluate(() => scrollTo(0, 2_000));
  await near(log);
  const sheet = page.getByRole('dialog', { name: '记录联系' });
  await clickUntil(
    async () => {
      if (!(await sheet.isVisible())) await log.tap();
    },
    () => expect(sheet).toBeVisible({ timeout: 1_000 }),
  );
  const said = `单手登记 ${Date.now()}`;
  await sheet.getByLabel('说了什么').fill(said);
  const save = sheet.getByRole('button', { name: '保存' });
  await near(save);
  await accessible(page);
  await save.tap();
  await expect(sheet).toBeHidden();
  await expect(page.locator('#timeline')).toContainText(said);
});

for (const [way, width, height] of [
  ['upright', 820, 1180],
  ['lying', 1180, 820],
] as const) {
  test(`dashboards and a customer are read by touch on a tablet, ${way}`, async ({ newSession }) => {
    const page = await (await newSession({ viewport: { width, height }, hasTouch: true })).newPage();
    const fits = async (): Promise<void> => expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    await logIn(page, 'executive', '/dashboards');
    const tile = page.locator('.treemap a').first();
    await expect(tile).toBeVisible();
    await fits();
    await tile.tap();
    await expect(page).toHaveURL(/org=/);
    await page.getByRole('region', { name: '各分层客户、资产与贡献度' }).getByRole('link').first().tap();
    await expect(page).toHaveURL(/\/customers\?.*tier=/);
    await fits();
    await page.locator('#customers tbody tr[role="row"]').first().getByRole('link').first().tap();
    await expect(page).toHaveURL(/\/customers\/\d{12}/);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await fits();
    // The chart answers to a finger.
    const part = page.locator('#balances');
    await part.scrollIntoViewIfNeeded();
    const months = part.getByRole('button', { name: '6 个月' });
    await clickUntil(
      () => months.tap(),
      () => expect(months).toHaveAttribute('aria-pressed', 'true', { timeout: 1_000 }),
    );
    await accessible(page);
  });
}

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
