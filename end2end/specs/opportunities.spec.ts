import { type Locator, type Page } from '@playwright/test';
import { accessible, clickUntil, logIn } from '../support/people';
import { expect, test } from '../support/test';

function column(page: Page, stage: string): Locator {
  return page.getByRole('region', { name: `阶段：${stage}` });
}

test('an opportunity is added on the customer’s page, moved by click, key, menu and mouse, taken back, and won', async ({ page }) => {
  await logIn(page, 'manager', '/customers');
  const answer = await page.request.get('/api/v1/customers?limit=1');
  const [customer] = (await answer.json()).items as { customer_no: string }[];
  await page.goto(`/customers/${customer?.customer_no}`);

  // Added in one sheet; what is missing is told beside the field.
  const card = page.locator('#opportunities');
  const what = `续作 ${Date.now()}`;
  const sheet = page.getByRole('dialog', { name: '新增商机' });
  await clickUntil(
    () => card.getByRole('button', { name: '新增' }).click({ timeout: 1_000 }),
    () => expect(sheet.getByLabel('名称')).toBeVisible({ timeout: 2_000 }),
  );
  await accessible(page);
  await sheet.getByLabel('名称').fill(what);
  await sheet.getByRole('button', { name: '保存' }).click();
  await expect(sheet.getByText('必填').first()).toBeVisible();
  await sheet.getByLabel('产品').selectOption({ index: 1 });
  await sheet.getByLabel('预计金额').fill('50万');
  // Far enough that it comes before all others of its column on any day: the board is by day.
  const today = await page.locator('.as-of time').first().getAttribute('datetime');
  await sheet.getByLabel('预计成交日').fill(today ?? '');
  await sheet.getByRole('button', { name: '保存' }).click();
  await expect(sheet).toBeHidden();
  const row = card.getByRole('listitem').filter({ hasText: what });
  await expect(row).toContainText('50.00万');

  // One click to the next stage, and back.
  await row.getByRole('button', { name: `“${what}”进入需求` }).click();
  await expect(row).toContainText('需求');
  await page.getByRole('status').getByRole('button', { name: '撤销' }).last().click();
  await expect(row).toContainText('发现');

  // By keyboard on the page of stages; the focus goes along.
  await page.goto('/opportunities');
  await expect(column(page, '发现')).toContainText(what);
  await accessible(page);
  const button = page.getByRole('button', { name: what, exact: true });
  await clickUntil(
    async () => {
      await button.focus();
      await page.keyboard.press('Shift+ArrowRight');
    },
    () => expect(column(page, '需求')).toContainText(what, { timeout: 2_000 }),
  );
  await expect(button).toBeFocused();

  // By menu.
  await column(page, '需求').getByRole('button', { name: `移动“${what}”` }).click();
  await page.getByRole('menuitem', { name: '方案' }).click();
  await expect(column(page, '方案')).toContainText(what);

  // By mouse.
  await page.locator('.pipe-card').filter({ hasText: what }).dragTo(column(page, '谈判').locator('.pipe-head'));
  await expect(column(page, '谈判')).toContainText(what);

  // Lost takes a reason, and can be taken back.
  await column(page, '谈判').getByRole('button', { name: `移动“${what}”` }).click();
  await page.getByRole('menuitem', { name: '失败' }).click();
  const end = page.getByRole('dialog', { name: '标记为失败' });
  await end.getByRole('button', { name: '标记为失败' }).click();
  await expect(end.getByText('必填')).toBeVisible();
  await end.getByLabel('失败原因').fill('他行利率更优');
  await end.getByRole('button', { name: '标记为失败' }).click();
  await expect(column(page, '失败')).toContainText(what);
  await page.getByRole('status').getByRole('button', { name: '撤销' }).last().click();
  await expect(column(page, '谈判')).toContainText(what);

  // Won for what was agreed; the sheet tells the way it went.
  await button.focus();
  await page.keyboard.press('Shift+ArrowRight');
  const won = page.getByRole('dialog', { name: '标记为成交' });
  await won.getByLabel('成交金额').fill('45万');
  await won.getByRole('button', { name: '标记为成交' }).click();
  await expect(column(page, '成交')).toContainText(what);
  await expect(page.locator('.pipe-card').filter({ hasText: what })).toContainText('45.00万');
  await button.click();
  await expect(page.getByRole('dialog', { name: '商机' })).toContainText('谈判 → 成交');
});

test('executives look on', async ({ page }) => {
  await logIn(page, 'executive', '/opportunities');
  await expect(page.locator('.pipe-card').first()).toBeVisible();
  await expect(page.locator('.pipe-card').first()).not.toHaveAttribute('draggable', 'true');
  await expect(page.getByRole('button', { name: /^移动/ })).toHaveCount(0);
});
