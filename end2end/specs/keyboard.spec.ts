import { type Locator, type Page } from '@playwright/test';
import { clickUntil, logIn } from '../support/people';
import { expect, test } from '../support/test';

/** The main job of each role by keyboard alone: nothing here may touch a mouse. */
// From the head of a dashboard to a row far down it is a long way, pressed key by key.
test.describe.configure({ timeout: 240_000 });

/** Presses Tab until `wanted` has the focus. */
async function tabTo(page: Page, wanted: Locator, most = 120): Promise<void> {
  await expect(wanted.first()).toBeVisible();
  for (let pressed = 0; pressed < most; pressed += 1) {
    if (await wanted.evaluateAll((all) => all.some((one) => one === document.activeElement))) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`${wanted} is not reached by ${most} times Tab`);
}

/** Runs what `typed` finds first in the palette of commands. Others learn under the same name: this is nobody's habit. */
async function run(page: Page, typed: string): Promise<void> {
  const box = page.getByRole('combobox', { name: '命令' });
  await page.route('**/api/account/prefer', (route) => route.fulfill({ json: null }));
  await clickUntil(
    async () => {
      if (!(await box.isVisible())) await page.keyboard.press('Control+k');
    },
    () => expect(box).toBeFocused({ timeout: 1_000 }),
  );
  await page.keyboard.type(typed);
  await expect(box).toHaveValue(typed);
  await expect(page.getByRole('listbox').getByRole('option').first()).toBeVisible();
  await page.keyboard.press('Enter');
  await expect(box).toBeHidden();
}

test('a manager finds a customer and logs a contact with a next step', async ({ page }) => {
  await logIn(page, 'manager', '/customers?sort=-name');
  const { items } = await (await page.request.get('/api/v1/customers?sort=-name&limit=1')).json();
  const box = page.locator('#customer-search');
  await clickUntil(
    () => page.keyboard.press('/'),
    () => expect(box).toBeFocused({ timeout: 500 }),
  );
  await page.keyboard.type(items[0].customer_no);
  await page.keyboard.press('Enter');
  await page.waitForURL(`**/customers/${items[0].customer_no}`);

  const said = `键盘登记 ${Date.now()}`;
  const summary = page.locator('#f-summary');
  await clickUntil(
    async () => {
      if (!(await summary.isVisible())) await page.keyboard.press('c');
    },
    () => expect(summary).toBeFocused({ timeout: 1_000 }),
  );
  await page.keyboard.type(said);
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await page.keyboard.type('再约一次');
  // Without a day it is for the next working day.
  await expect(page.locator('#f-next_on')).not.toHaveValue('');
  await page.keyboard.press('Control+Enter');
  await expect(page.locator('dialog[open]')).toHaveCount(0);
  await expect(page.locator('#timeline')).toContainText(said);
  await expect(page.locator('#tasks')).toContainText('再约一次');
});

test('a head of a unit moves the customer that is open, and takes it back', async ({ page }) => {
  await logIn(page, 'branch', '/customers?sort=name');
  const { items } = await (await page.request.get('/api/v1/customers?sort=name&limit=50')).json();
  const [mine] = items.filter((one: { manager: unknown }) => one.manager);
  const other = items.find((one: { manager: { code: string } | null }) => one.manager && one.manager.code !== mine.manager.code).manager;
  await page.goto(`/customers/${mine.customer_no}`);
  await run(page, 'yjbk');
  const sheet = page.getByRole('dialog', { name: '移交 1 位客户' });
  await expect(sheet.getByRole('combobox').first()).toBeFocused();
  await page.keyboard.type(other.code);
  await expect(page.getByRole('option', { name: other.code }).first()).toBeVisible();
  await page.keyboard.press('Enter');
  await tabTo(page, sheet.getByLabel('移交原因'), 8);
  await page.keyboard.type('键盘移交');
  await page.keyboard.press('Control+Enter');
  await expect(sheet).toBeHidden();
  const told = page.locator('.toast', { hasText: other.name });
  await expect(told).toBeVisible();
  if (await told.getByRole('button', { name: '撤销' }).isVisible()) {
    await expect(page.locator('.c360-people')).toContainText(other.name);
    await page.keyboard.press('Control+z');
    await expect(page.locator('.c360-people')).toContainText(mine.manager.name);
  } else {
    // It awaits somebody else's approval.
    await run(page, 'yjjl');
    await page.waitForURL('**/transfers');
    const waiting = page.locator('.transfer', { hasText: '键盘移交' }).first();
    await tabTo(page, waiting.getByRole('button', { name: '撤回' }));
    await page.keyboard.press('Enter');
    await expect(waiting.getByLabel('撤回原因（可不填）')).toBeFocused();
    await page.keyboard.press('Enter');
    await expect(page.locator('.transfer', { hasText: '键盘移交' }).first()).toContainText('已撤回');
  }
});

test('an executive goes from the bank to a branch and to its customers', async ({ page }) => {
  await logIn(page, 'executive', '/');
  await page.waitForURL('**/dashboards');
  await tabTo(page, page.getByRole('region', { name: '各机构贡献度与目标' }).getByRole('link').first(), 200);
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/dashboards\?.*org=/);
  await expect(page.getByRole('heading', { level: 1 })).toContainText('分行');
  await tabTo(page, page.getByRole('region', { name: '各分层客户、资产与贡献度' }).getByRole('link').first(), 200);
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/customers\?.*tier=/);
  await tabTo(page, page.locator('#customers-r0'));
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/customers\/\d{12}/);
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
});

test('an administrator asks for a user, a security officer agrees, and an auditor finds both', async ({ page, newSession }) => {
  const login = `keys.${Date.now().toString(36)}`;
  await logIn(page, 'admin', '/admin/users');
  const dialog = page.getByRole('dialog');
  await run(page, 'xjyh');
  await expect(dialog.locator('#f-user-login')).toBeFocused();
  await page.keyboard.type(login);
  await page.keyboard.press('Tab');
  await page.keyboard.type('公孙键');
  await tabTo(page, dialog.locator('#f-user-role'), 4);
  const role = dialog.locator('#f-user-role');
  for (let down = 0; down < 8 && (await role.inputValue()) !== 'executive'; down += 1) await page.keyboard.press('ArrowDown');
  await expect(role).toHaveValue('executive');
  await tabTo(page, dialog.locator('#f-user-org'), 4);
  await page.keyboard.press('ArrowDown');
  await expect(dialog.getByRole('listbox').getByRole('option').first()).toBeVisible();
  await page.keyboard.press('Enter');
  await tabTo(page, dialog.locator('#f-user-reason'), 6);
  await page.keyboard.type('新到任');
  await page.keyboard.press('Control+Enter');
  await expect(dialog.locator('.one-time-password')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();

  const security = await (await newSession()).newPage();
  await logIn(security, 'security', '/');
  await security.waitForURL('**/admin/approvals');
  const request = security.locator('.request', { hasText: login });
  await expect(async () => {
    const approve = request.getByRole('button', { name: '批准' });
    if (await approve.isVisible()) {
      await tabTo(security, approve);
      await security.keyboard.press('Enter');
    }
    await expect(request).toContainText('已批准', { timeout: 1_000 });
  }).toPass();

  const auditor = await (await newSession()).newPage();
  await logIn(auditor, 'auditor', '/audit');
  const subject = auditor.locator('#f-subject');
  await expect(subject).toBeFocused();
  await auditor.keyboard.type(`user:${login}`);
  await auditor.keyboard.press('Enter');
  await auditor.waitForURL(/subject=/);
  const rows = auditor.locator('.audit-log tbody tr');
  await expect(rows.filter({ hasText: 'security' }).first()).toBeVisible();
  await expect(rows.filter({ hasText: 'admin' }).first()).toBeVisible();
});
