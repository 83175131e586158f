import { type Locator, type Page } from '@playwright/test';
import { accessible, clickUntil, logIn } from '../support/people';
import { expect, test } from '../support/test';

/** Chooses an action from the menu of a row. */
async function choose(page: Page, row: Locator, action: string): Promise<void> {
  const item = page.getByRole('menuitem', { name: action });
  await clickUntil(
    async () => {
      if (!(await item.isVisible())) await row.getByRole('button', { name: '操作' }).click();
    },
    () => expect(item).toBeVisible({ timeout: 500 }),
  );
  await item.click();
}

test('two people make a user, who changes the password, ends a session elsewhere, and is disabled', async ({
  page,
  newSession,
  browserConsole,
}) => {
  test.setTimeout(180_000);
  const login = `e2e.${Date.now().toString(36)}`;
  const secret = `风吹麦浪 ${login} 一路向北`;

  // The administrator asks; what is missing is said beside its field before the server hears of it.
  await logIn(page, 'admin', '/admin/users');
  await expect(page).toHaveTitle('用户');
  await expect(page.locator('.table-plain tbody tr').first()).toBeVisible();
  await accessible(page);
  const dialog = page.getByRole('dialog');
  await clickUntil(
    () => page.getByRole('button', { name: '新建用户' }).click(),
    () => expect(dialog).toBeVisible({ timeout: 500 }),
  );
  await dialog.getByRole('button', { name: '提交审批' }).click();
  await expect(dialog.locator('.field-error')).toHaveCount(5);
  await expect(dialog.locator('#f-user-login')).toBeFocused();
  await accessible(page);
  await dialog.locator('#f-user-login').fill(login);
  await dialog.locator('#f-user-name').fill('端木测试');
  await dialog.locator('#f-user-role').selectOption('executive');
  await dialog.locator('#f-user-org').click();
  await dialog.getByRole('listbox').getByRole('option').first().click();
  await dialog.locator('#f-user-reason').fill('新到任的分管行长');
  await dialog.getByRole('button', { name: '提交审批' }).click();
  const oneTime = await dialog.locator('.one-time-password').innerText();
  expect(oneTime.length).toBeGreaterThan(11);
  await accessible(page);
  await dialog.getByRole('button', { name: '关闭' }).last().click();
  await expect(dialog).toBeHidden();
  await page.goto(`/admin/users?q=${login}`);
  await expect(page.locator('tbody tr', { hasText: login })).toContainText('待批准');

  // The security officer decides.
  const security = await (await newSession()).newPage();
  await logIn(security, 'security', '/admin/approvals');
  const request = security.locator('.request', { hasText: login });
  await expect(request).toContainText('新到任的分管行长');
  await accessible(security);
  await clickUntil(
    async () => {
      const approve = request.getByRole('button', { name: '批准' });
      if (await approve.isVisible()) await approve.click();
    },
    () => expect(request).toContainText('已批准', { timeout: 1_000 }),
  );

  // The new one may do nothing before the password is changed.
  const own = await (await newSession()).newPage();
  await logIn(own, login, '/customers', oneTime);
  await own.waitForURL('**/account');
  await expect(own.getByText('请先修改密码，然后才能继续工作。')).toBeVisible();
  await accessible(own);
  await clickUntil(
    () => own.getByRole('button', { name: '修改密码' }).click(),
    () => expect(own.locator('.field-error')).toHaveCount(3, { timeout: 500 }),
  );
  await expect(own.locator('#f-current')).toBeFocused();
  await own.locator('#f-current').fill(oneTime);
  await own.locator('#f-new').fill(secret);
  await own.locator('#f-again').fill(`${secret}。`);
  await own.getByRole('button', { name: '修改密码' }).click();
  await expect(own.getByText('两次输入不一致。')).toBeVisible();
  await expect(own.locator('#f-again')).toBeFocused();
  await own.locator('#f-again').fill(secret);
  await own.getByRole('button', { name: '修改密码' }).click();
  await own.waitForURL('**/dashboards');

  // Logged in elsewhere too, and out again from here.
  const elsewhere = await (await newSession()).newPage();
  await logIn(elsewhere, login, '/account', secret);
  await expect(elsewhere.getByRole('heading', { level: 1, name: '我的账户' })).toBeVisible();
  await own.goto('/account');
  const sessions = own.locator('.table-plain tbody tr');
  await expect(sessions).toHaveCount(2);
  await accessible(own);
  await clickUntil(
    async () => {
      const end = sessions.getByRole('button', { name: '退出', exact: true });
      if (await end.isVisible()) await end.click();
    },
    () => expect(sessions).toHaveCount(1, { timeout: 1_000 }),
  );
  await elsewhere.goto('/account');
  await elsewhere.waitForURL(/\/login\?next=/);

  // Disabled: out at once, and not in again.
  await page.goto(`/admin/users?q=${login}`);
  const row = page.locator('tbody tr', { hasText: login });
  await expect(row).toContainText('正常');
  const disable = page.getByRole('menuitem', { name: '停用' });
  await clickUntil(
    async () => {
      if (!(await disable.isVisible())) await row.getByRole('button', { name: '操作' }).click();
    },
    () => expect(disable).toBeVisible({ timeout: 500 }),
  );
  await accessible(page);
  await disable.click();
  await dialog.locator('#f-user-reason').fill('调离本行');
  await dialog.getByRole('button', { name: '停用' }).click();
  await expect(row).toContainText('已停用');
  await own.goto('/customers');
  await own.waitForURL(/\/login\?/);
  browserConsole.expect(/status of 401/);
  await own.locator('input[name="login"]').fill(login);
  await own.locator('input[name="password"]').fill(secret);
  await own.locator('button[type="submit"]').click();
  await expect(own.getByRole('alert')).toContainText('不正确');
  await expect(own.locator('input[name="password"]')).toBeFocused();
  await accessible(own);
});

test('who holds customers is not disabled: the refusal counts them and leads to the handover', async ({ page, browserConsole }) => {
  browserConsole.expect(/409/);
  await logIn(page, 'admin', '/admin/users?q=manager');
  const row = page.locator('tbody tr').filter({ has: page.getByText('manager', { exact: true }) });
  await expect(row).toHaveCount(1);
  await expect(row).toContainText('正常');
  await choose(page, row, '停用');
  const dialog = page.getByRole('dialog');
  await dialog.locator('#f-user-reason').fill('离职');
  await dialog.getByRole('button', { name: '停用' }).click();
  const refusal = dialog.getByRole('alert');
  await expect(refusal).toContainText('名下还有');
  await expect(refusal).toContainText(/\d+/);
  const link = refusal.getByRole('link', { name: /离职交接/ });
  await expect(link).toHaveAttribute('href', /^\/handover\?from=.+/);
  await accessible(page);
  const href = (await link.getAttribute('href')) ?? '';
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await expect(row).toContainText('正常');

  // The link is for the head of the unit.
  await logIn(page, 'branch', href);
  await expect(page.getByRole('heading', { level: 1 })).toContainText('交接');
  await expect(page.locator('.handover-colleague').first()).toBeVisible();
});

test('units and staff ask for what they need, and are accessible', async ({ page }) => {
  await logIn(page, 'admin', '/admin/units');
  await expect(page).toHaveTitle('机构');
  await accessible(page);
  const row = page.locator('.table-plain tbody tr').first();
  await choose(page, row, '新建下级机构');
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: '保存' }).click();
  await expect(dialog.locator('.field-error')).toHaveCount(2);
  await expect(dialog.locator('#f-unit-code')).toBeFocused();
  await dialog.getByRole('button', { name: '取消' }).click();
  await expect(dialog).toBeHidden();

  await page.goto('/admin/staff');
  await expect(page).toHaveTitle('员工');
  await expect(page.locator('.table-plain tbody tr').first()).toBeVisible();
  await accessible(page);
});

test('an administrator starts at the users, and is told kindly what is not theirs', async ({ page, browserConsole }) => {
  await logIn(page, 'admin', '/');
  await page.waitForURL('**/admin/users');
  browserConsole.expect(/status of 403/);
  const answer = await page.goto('/customers');
  expect(answer?.status()).toBe(403);
  await expect(page.getByText('您的角色不能执行此操作')).toBeVisible();
  await expect(page.getByRole('link', { name: '回到首页' })).toBeVisible();
  await accessible(page);
});
