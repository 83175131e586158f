import { accessible, logIn } from '../support/people';
import { expect, test } from '../support/test';

test('the auditor finds who logged in, and that searching leaves a row of its own', async ({ page }) => {
  await logIn(page, 'auditor', '/');
  await page.waitForURL('**/audit');
  await expect(page).toHaveTitle('审计');
  const rows = page.locator('.audit-log tbody tr');
  await expect(rows.first()).toBeVisible();
  await accessible(page);

  await page.locator('#f-actor').fill('auditor');
  await page.locator('#f-verb').selectOption('session.begin');
  await page.getByRole('button', { name: '查询' }).click();
  await page.waitForURL(/verb=session\.begin/);
  await expect(rows.first()).toContainText('登录');
  for (const row of await rows.all()) {
    await expect(row).toContainText('auditor');
    await expect(row).toContainText('登录');
  }
  await accessible(page);

  await page.goto('/audit?verb=audit.search&actor=auditor');
  await expect(rows.first()).toContainText('查询审计');

  await page.goto('/audit?actor=nobody.at.all');
  await expect(page.getByText('没有符合条件的记录')).toBeVisible();
  await accessible(page);
});

test('on a phone the log scrolls inside itself, not the page', async ({ newSession }) => {
  const page = await (await newSession({ viewport: { width: 390, height: 844 }, hasTouch: true })).newPage();
  await logIn(page, 'auditor', '/audit');
  await expect(page.locator('.audit-log tbody tr').first()).toBeVisible();
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  await accessible(page);
});
