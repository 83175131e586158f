import { type Locator, type Page } from '@playwright/test';
import { accessible, clickUntil, enter, logIn } from '../support/people';
import { expect, test } from '../support/test';

const OURS = { 'sec-fetch-site': 'same-origin' };

/** Presses until the dialog is there. */
async function open(page: Page, button: Locator): Promise<Locator> {
  const dialog = page.getByRole('dialog');
  await clickUntil(
    async () => {
      if (!(await dialog.isVisible())) await button.click({ timeout: 1_000 });
    },
    () => expect(dialog).toBeVisible({ timeout: 1_000 }),
  );
  return dialog;
}

test.describe('a member of staff', () => {
  test.use({ keepsDrafts: true });

  test('half typed is there again, and whoever saves second sees both versions', async ({ page, newSession, browserConsole }) => {
    const code = `E2E${Date.now()}`;
    await logIn(page, 'admin', '/admin/staff');
    const button = page.getByRole('button', { name: '新建员工' });
    let dialog = await open(page, button);
    await dialog.locator('#f-staff-code').fill(code);
    await dialog.locator('#f-staff-name').fill('慕容半');
    await dialog.locator('#f-staff-qualification').fill('基金从业资格');
    expect(await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }))).not.toContain('慕容半');
    await expect(async () => {
      const kept = await page.request.post('/api/drafts/read', { data: { form: 'staff', subject: 'new' }, headers: OURS });
      expect(await kept.text()).toContain('基金从业资格');
    }).toPass();

    // Logged out, and in again at another machine.
    await page.goto('about:blank');
    await page.request.post('/logout', { headers: OURS });
    const elsewhere = await (await newSession()).newPage();
    await logIn(elsewhere, 'admin', '/admin/staff');
    dialog = await open(elsewhere, elsewhere.getByRole('button', { name: '新建员工' }));
    await expect(dialog.locator('#f-staff-code')).toHaveValue(code);
    await expect(dialog.locator('#f-staff-name')).toHaveValue('慕容半');
    await expect(dialog).toContainText('已恢复上次没有保存的内容');
    await accessible(elsewhere);
    await dialog.locator('#f-staff-org').click();
    await dialog.getByRole('listbox').getByRole('option').first().click();
    await dialog.getByRole('button', { name: '保存' }).click();
    await expect(dialog).toBeHidden();

    // Two have it open; the second to save is shown what the first has made of it.
    browserConsole.expect(/status of 412/);
    await logIn(page, 'admin', `/admin/staff?q=${code}`);
    const row = page.locator('tbody tr', { hasText: code });
    const mine = await open(page, row.getByRole('button', { name: '修改' }));
    await elsewhere.goto(`/admin/staff?q=${code}`);
    const theirs = await open(elsewhere, elsewhere.locator('tbody tr', { hasText: code }).getByRole('button', { name: '修改' }));
    await theirs.locator('#f-staff-title').fill('理财经理');
    await theirs.getByRole('button', { name: '保存' }).click();
    await expect(theirs).toBeHidden();
    await mine.locator('#f-staff-title').fill('私人银行顾问');
    await mine.getByRole('button', { name: '保存' }).click();
    const clash = mine.getByRole('alert');
    await expect(clash).toContainText('他人已先保存');
    await expect(clash.getByRole('row', { name: /职务/ }).getByRole('cell')).toHaveText(['理财经理', '私人银行顾问']);
    await accessible(page);
    await clash.getByRole('button', { name: '用我的覆盖' }).click();
    await expect(mine).toBeHidden();
    await expect(row).toContainText('私人银行顾问');
  });
});

test('a long wait is said, and what comes to nothing quotes a reference', async ({ page, browserConsole }) => {
  browserConsole.expect(/Failed to load resource|ERR_FAILED/);
  await logIn(page, 'admin', '/admin/staff');
  const dialog = await open(page, page.getByRole('button', { name: '新建员工' }));
  await dialog.locator('#f-staff-code').fill('E2E-NEVER');
  await dialog.locator('#f-staff-name').fill('无此人');
  await dialog.locator('#f-staff-org').click();
  await dialog.getByRole('listbox').getByRole('option').first().click();
  let reference = '';
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  await page.route('**/api/staff/save*', async (route) => {
    reference = route.request().headers()['x-request-id'] ?? '';
    await released;
    await route.abort();
  });
  const slow = page.locator('#offline > span').nth(1);
  await expect(slow).toBeHidden();
  await dialog.getByRole('button', { name: '保存' }).click();
  await expect(slow).toBeVisible({ timeout: 15_000 });
  await expect(slow).toContainText('网络较慢');
  release();
  await expect(slow).toBeHidden();
  const told = dialog.getByRole('alert');
  await expect(told).toContainText('网络');
  expect(reference).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  await expect(told).toContainText(reference);
  await expect(dialog.locator('#f-staff-name')).toHaveValue('无此人');

  // A balancer's own page, which is nobody's words.
  await page.unroute('**/api/staff/save*');
  const before = reference;
  await page.route('**/api/staff/save*', async (route) => {
    reference = route.request().headers()['x-request-id'] ?? '';
    await route.fulfill({ status: 502, contentType: 'text/html', body: '<h1>Bad gateway</h1>' });
  });
  await dialog.getByRole('button', { name: '保存' }).click();
  await expect.poll(() => reference).not.toBe(before);
  await expect(told).toContainText(reference);
  await expect(told).not.toContainText('gateway');
  await accessible(page);

  // The server goes by the same name, and makes one where none is given.
  const name = crypto.randomUUID();
  expect((await page.request.get('/api/v1/me', { headers: { 'x-request-id': name } })).headers()['x-request-id']).toBe(name);
  expect((await page.request.get('/api/v1/me')).headers()['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
});

for (const [what, script] of [
  ['script', /\/pkg\/[^?]*\.js/],
  ['program', /\/pkg\/[^?]*\.wasm/],
] as const) {
  test(`a first page whose ${what} does not arrive says so, and another try brings it`, async ({ page, browserConsole }) => {
    browserConsole.expect(/Failed to (load|fetch)|ERR_FAILED|dynamically imported|wasm|WebAssembly/i);
    await enter(page.request, 'branch');
    await page.route(script, (route) => route.abort());
    await page.goto('/transfers');
    // What the server drew can be read all the same.
    await expect(page.getByRole('heading', { level: 1, name: '移交' })).toBeVisible();
    const said = page.getByRole('alert').filter({ hasText: '页面没有载入' });
    await expect(said).toBeVisible();
    await accessible(page);
    await page.unroute(script);
    await said.getByRole('button', { name: '重试' }).click();
    const box = page.getByRole('combobox', { name: '命令' });
    await clickUntil(
      async () => {
        if (!(await box.isVisible())) await page.keyboard.press('Control+k');
      },
      () => expect(box).toBeFocused({ timeout: 1_000 }),
    );
    await expect(said).toBeHidden();
  });
}

test('paper shows all of a customer, seen before or not', async ({ page }) => {
  await page.addInitScript(() => {
    // Nothing comes into sight by itself.
    class Blind {
      observe(): void {}
      unobserve(): void {}
      disconnect(): void {}
    }
    Object.assign(window, { IntersectionObserver: Blind });
    window.print = () => document.body.setAttribute('data-waits', String(document.querySelectorAll('main .skeleton').length));
  });
  await logIn(page, 'branch', '/account');
  const { customer_no: number } = (await (await page.request.get('/api/v1/customers?limit=1')).json()).items[0];
  await page.goto(`/customers/${number}`);
  await expect(page.locator('#contribution .skeleton').first()).toBeAttached();
  await clickUntil(
    () => page.keyboard.press('Control+p'),
    () => expect(page.locator('body')).toHaveAttribute('data-waits', '0', { timeout: 4_000 }),
  );
  await expect(page.locator('#contribution .skeleton')).toHaveCount(0);
});

/** The heading of the part that has the focus. */
function place(page: Page): Promise<string> {
  return page.evaluate(() => {
    const one = document.activeElement;
    if (!one || one === document.body) return 'nowhere';
    return one.closest('section, main')?.querySelector('h1, h2')?.textContent ?? one.tagName;
  });
}

test('the focus goes to what takes the place of what went away', async ({ page, newSession }) => {
  const manager = (await newSession()).request;
  await enter(manager, 'manager');
  await logIn(page, 'branch', '/transfers');
  const own = (await (await manager.get('/api/v1/customers?sort=aum&limit=50')).json()).items;
  const all = (await (await page.request.get('/api/v1/customers?sort=aum&limit=200')).json()).items;
  const me = own[0].manager.code;
  const to = all.find((item: { manager: { code: string } | null }) => item.manager && item.manager.code !== me).manager.code;
  const reasons = [`焦点一 ${Date.now()}`, `焦点二 ${Date.now()}`];
  for (const [at, reason] of reasons.entries()) {
    const asked = await manager.post('/api/v1/transfers', {
      data: { customers: [own[26 + at].customer_no], to, reason },
      headers: { 'idempotency-key': crypto.randomUUID(), ...OURS },
    });
    expect(asked.status(), await asked.text()).toBe(202);
  }
  // A row that was decided is gone: the next one has the focus, after the last of them the heading.
  const waiting = page.locator('.section', { has: page.getByRole('heading', { name: '等我审批' }) });
  for (const reason of reasons) {
    const row = waiting.locator('.transfer', { hasText: reason });
    await expect(row).toBeVisible();
    await clickUntil(
      async () => {
        if (await page.getByRole('dialog').isVisible()) return;
        await row.getByRole('button', { name: '驳回' }).focus({ timeout: 1_000 });
        await page.keyboard.press('Enter');
      },
      () => expect(page.locator('#f-ask-reason')).toBeFocused({ timeout: 1_000 }),
    );
    await page.keyboard.type('试毕');
    await page.keyboard.press('Control+Enter');
    await expect(row).toHaveCount(0);
    await expect.poll(() => place(page)).toBe('等我审批');
  }

  // A line that was taken away: the next line's button.
  await logIn(page, 'admin', '/admin/newcomers');
  const rules = page.locator('.newcomer');
  const before = await rules.count();
  await clickUntil(
    async () => {
      if ((await rules.count()) < before + 2) await page.getByRole('button', { name: '添加规则' }).click();
    },
    () => expect(rules).toHaveCount(before + 2, { timeout: 500 }),
  );
  const remove = rules.getByRole('button', { name: '删除' });
  await remove.nth(before).focus();
  await page.keyboard.press('Enter');
  await expect(rules).toHaveCount(before + 1);
  await expect(remove.nth(before)).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(rules).toHaveCount(before);
  await expect.poll(() => place(page)).not.toBe('nowhere');
});
