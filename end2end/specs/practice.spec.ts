import { type Page } from '@playwright/test';
import { accessible, clickUntil, logIn } from '../support/people';
import { expect, test } from '../support/test';

/** Making the practice bank takes its time, the first time. */
const MADE = 240_000;

async function practise(page: Page): Promise<void> {
  await page.goto('/practice');
  const enter = page.getByRole('button', { name: '进入练习' });
  // Somebody else may have it made just now.
  await expect(enter).toBeVisible({ timeout: MADE });
  await accessible(page);
  await enter.click({ noWaitAfter: true, timeout: MADE });
  await page.waitForURL(/\/customers$/, { timeout: MADE });
}

test('everything may be tried in the practice bank, begun anew and left', async ({ page, newSession, browserConsole }) => {
  // Sessions end with the bank that is thrown away: what a page listens to then asks once more.
  browserConsole.expect(/status of 401/);
  test.setTimeout(MADE + 120_000);
  await logIn(page, 'manager', '/customers');
  const band = page.getByRole('region', { name: '练习银行' });
  await expect(band).toBeHidden();
  // Opened before, and left open.
  const before = await page.context().newPage();
  await before.goto('/customers');

  await practise(page);
  await expect(band).toContainText('练习');
  await expect(page).toHaveTitle(/^练习 · /);
  await expect(page.locator('tbody tr[role=row]').first()).toBeVisible();
  await accessible(page);
  await page.mouse.wheel(0, 4_000);
  await expect(band).toBeInViewport();

  const { customer_no: number, name } = (await (await page.request.get('/api/v1/customers?limit=1')).json()).items[0];
  await page.goto(`/customers/${number}`);
  await expect(page.getByRole('heading', { level: 1, name })).toBeVisible();
  const sheet = page.getByRole('dialog', { name: '记录联系' });
  await clickUntil(
    () => page.keyboard.press('c'),
    () => expect(sheet).toBeVisible({ timeout: 500 }),
  );
  const said = `练习一次联系 ${Date.now()}`;
  await page.getByLabel('说了什么').fill(said);
  await page.keyboard.press('Control+Enter');
  await expect(page.locator('#timeline')).toContainText(said);
  await page.reload();
  await expect(page.locator('#timeline')).toContainText(said);

  // On paper it says so, too.
  await page.emulateMedia({ media: 'print' });
  await expect(band).toContainText('练习');
  await expect(band.getByRole('button')).toBeHidden();
  await page.emulateMedia({ media: 'screen' });

  // The other window is the bank's still, whatever its scripts ask for.
  const asked = before.waitForRequest((request) => request.method() === 'POST' && new URL(request.url()).pathname.startsWith('/api/'));
  await before.locator('#customer-search').fill('zhang');
  expect((await asked).headers()['guanhu-practice']).toBeUndefined();
  await before.close();

  await band.getByRole('link', { name: '重置…' }).click();
  await expect(page.getByRole('heading', { level: 1, name: '练习' })).toBeVisible();
  await accessible(page);
  // Its answer is the page of the new bank.
  await page.getByRole('button', { name: '重置练习银行' }).click({ noWaitAfter: true, timeout: MADE });
  await page.waitForURL(/\/customers$/, { timeout: MADE });
  await page.goto(`/customers/${number}`);
  await expect(page.getByRole('heading', { level: 1, name })).toBeVisible();
  await expect(page.locator('#timeline')).not.toContainText(said);

  await band.getByRole('button', { name: '离开练习' }).click();
  await page.waitForURL(/\/customers$/);
  await expect(band).toBeHidden();
  await expect(page).not.toHaveTitle(/^练习 · /);

  // The band keeps clear of everything on the narrowest phone, by finger.
  const phone = await (await newSession({ viewport: { width: 320, height: 640 }, hasTouch: true })).newPage();
  await logIn(phone, 'branch', '/account');
  await practise(phone);
  const there = phone.getByRole('region', { name: '练习银行' });
  for (const address of ['/customers', '/practice']) {
    await phone.goto(address);
    await expect(there).toBeInViewport();
    expect(await phone.evaluate(() => document.documentElement.scrollWidth), address).toBeLessThanOrEqual(320);
    for (const way of await there.locator('.btn').all()) {
      const box = await way.boundingBox();
      expect(box?.height).toBeGreaterThanOrEqual(44);
      expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(320);
    }
  }
  await there.getByRole('button', { name: '离开练习' }).click();
  await expect(there).toBeHidden();
});
