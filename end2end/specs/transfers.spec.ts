import { type Page } from '@playwright/test';
import { accessible, clickUntil, logIn } from '../support/people';
import { expect, test } from '../support/test';

test.use({ keepsDrafts: true });

interface Listed {
  customer_no: string;
  name: string;
  manager: { code: string; name: string } | null;
}

/** Two of a manager's poorest customers, and a colleague. */
async function movable(page: Page): Promise<{ customers: Listed[]; to: string }> {
  const answer = await page.request.get('/api/v1/customers?sort=aum&limit=200');
  expect(answer.status()).toBe(200);
  const { items } = (await answer.json()) as { items: Listed[] };
  const led = items.filter((item) => item.manager);
  const from = led[led.length - 1].manager?.code;
  const to = led.find((item) => item.manager?.code !== from)?.manager?.code;
  return { customers: led.filter((item) => item.manager?.code === from).slice(-2), to: to ?? '' };
}

test('the customers of a file move in a batch, are handed over on paper, and come back', async ({ page }) => {
  await logIn(page, 'branch', '/transfers/new');
  const { customers, to } = await movable(page);
  const text = ['客户号', ...customers.map((customer) => customer.customer_no), 'nobody', ''].join('\n');
  await page.locator('input[type=file]').setInputFiles({ name: 'numbers.csv', mimeType: 'text/csv', buffer: Buffer.from(text) });
  await expect(page.getByText(`文件中有 ${customers.length} 位客户`)).toBeVisible();
  await expect(page.getByText('nobody')).toBeVisible();
  await page.locator('#f-many-to').selectOption(to);
  await expect(page.getByText('无需审批')).toBeVisible();
  await accessible(page);

  const reason = `批量 ${Date.now()}`;
  await page.locator('#f-many-reason').fill(reason);
  await page.getByRole('button', { name: '提交' }).click();
  await page.waitForURL('**/transfers');
  const row = page.locator('.transfer', { hasText: reason }).first();
  await expect(row.getByText('已生效'), 'the page follows the batch').toBeVisible({ timeout: 20_000 });

  await row.getByRole('link', { name: '交接单' }).click();
  await page.waitForURL('**/sheet');
  for (const customer of customers) {
    await expect(page.getByText(customer.customer_no)).toBeVisible();
  }
  await expect(page.getByText('接收人')).toBeVisible();
  await accessible(page);

  await page.goto('/transfers');
  const again = page.locator('.transfer', { hasText: reason }).first();
  await clickUntil(
    () => again.getByRole('button', { name: '回退' }).click({ timeout: 1_000 }),
    () => expect(page.locator('#f-ask-reason')).toBeVisible({ timeout: 1_000 }),
  );
  await page.locator('#f-ask-reason').fill('试毕');
  await page.getByRole('dialog').getByRole('button', { name: '回退' }).click();
  const back = page.locator('.transfer', { hasText: reason }).filter({ hasText: '已回退' });
  await expect(back).toBeVisible({ timeout: 20_000 });
  await expect(back, 'and says who took it back and why').toContainText('试毕');
});

test('all that the list’s filters find can be moved', async ({ page }) => {
  await logIn(page, 'branch', '/customers?kind=corporate');
  await page.getByRole('link', { name: '移交全部' }).click();
  await page.waitForURL('**/transfers/new?kind=corporate');
  await expect(page.getByText('客户列表中筛选出的全部客户')).toBeVisible();
  const { to } = await movable(page);
  await clickUntil(
    async () => {
      await page.locator('#f-many-to').selectOption(to);
    },
    () => expect(page.getByText(/\d+ 位客户，金融资产/)).toBeVisible({ timeout: 3_000 }),
  );
});

test('a division half made and the reasons beside it are there again', async ({ page }) => {
  await logIn(page, 'branch', '/transfers');
  const { customers } = await movable(page);
  const from = customers[0].manager?.code ?? '';
  const kept = async (form: string, subject: string): Promise<string> => {
    const answer = await page.request.post('/api/drafts/read', { data: { form, subject }, headers: { 'sec-fetch-site': 'same-origin' } });
    return JSON.stringify(await answer.json());
  };
  await page.goto(`/handover?from=${from}`);
  const proposal = page.getByRole('heading', { name: '方案', exact: true });
  await clickUntil(
    async () => {
      for (const box of await page.locator('.handover-colleague input').all()) await box.check();
      await page.getByRole('button', { name: '生成方案' }).click({ timeout: 1_000 });
    },
    () => expect(proposal).toBeVisible({ timeout: 3_000 }),
  );
  const to = page.locator('.handover-items select').first();
  const other = (await to.locator('option:not(:checked)').first().getAttribute('value')) ?? '';
  await to.selectOption(other);
  const reason = `调离，半途 ${Date.now()}`;
  await page.locator('#f-handover-reason').fill(reason);
  await expect(async () => expect(await kept('handover', from)).toContain(reason)).toPass();
  await page.reload();
  await expect(page.locator('#f-handover-reason')).toHaveValue(reason);
  await expect(to).toHaveValue(other);
  await accessible(page);
  await page.getByRole('button', { name: '丢弃' }).click();
  await expect(proposal).toBeHidden();
  await expect(async () => expect(await kept('handover', from)).not.toContain(reason)).toPass();
});

test('what a manager asks for is rejected with a reason, or recalled, and nobody has moved', async ({ page, newSession }) => {
  await logIn(page, 'manager', '/transfers');
  const own = (await (await page.request.get('/api/v1/customers?sort=aum&limit=50')).json()).items as Listed[];
  const head = await (await newSession()).newPage();
  await logIn(head, 'branch', '/transfers');
  const all = (await (await head.request.get('/api/v1/customers?sort=aum&limit=200')).json()).items as Listed[];
  const me = own[0].manager?.code;
  const to = all.find((item) => item.manager && item.manager.code !== me)?.manager?.code;
  const ask = async (customer: Listed, reason: string): Promise<void> => {
    const answer = await page.request.post('/api/v1/transfers', {
      data: { customers: [customer.customer_no], to, reason },
      headers: { 'idempotency-key': crypto.randomUUID(), 'sec-fetch-site': 'same-origin' },
    });
    expect(answer.status(), await answer.text()).toBe(202);
    expect((await answer.json()).state).toBe('pending');
  };
  const reasons = [`就近 ${Date.now()}`, `误提 ${Date.now()}`];
  // Not those that others are about.
  const [first, second] = [own[20], own[21]];
  await ask(first, reasons[0]);
  await ask(second, reasons[1]);

  // The head of the branch says no, and why.
  await head.reload();
  const asked = head.locator('.transfer', { hasText: reasons[0] }).first();
  await clickUntil(
    () => asked.getByRole('button', { name: '驳回' }).click({ timeout: 1_000 }),
    () => expect(head.locator('#f-ask-reason')).toBeVisible({ timeout: 1_000 }),
  );
  const dialog = head.getByRole('dialog');
  await expect(dialog.getByRole('button', { name: '驳回' }), 'not without a reason').toBeDisabled();
  await accessible(head);
  await head.locator('#f-ask-reason').fill('客户不同意');
  await dialog.getByRole('button', { name: '驳回' }).click();
  await expect(dialog).toBeHidden();
  await expect(asked).toContainText('已驳回');

  // Whoever asked reads it, and takes the other one back.
  await page.reload();
  const mine = page.locator('.transfer', { hasText: reasons[0] }).first();
  await expect(mine).toContainText('已驳回');
  await expect(mine).toContainText('客户不同意');
  const other = page.locator('.transfer', { hasText: reasons[1] }).first();
  await expect(other.getByRole('button', { name: '驳回' }), 'nobody decides on the own request').toHaveCount(0);
  // Recalling asks why in the row itself, and needs no answer; Esc leaves it as it is.
  const whyBack = other.getByLabel('撤回原因（可不填）');
  await clickUntil(
    async () => {
      if (!(await whyBack.isVisible())) await other.getByRole('button', { name: '撤回' }).click({ timeout: 1_000 });
    },
    () => expect(whyBack).toBeFocused({ timeout: 1_000 }),
  );
  await accessible(page);
  await page.keyboard.press('Escape');
  await expect(whyBack).toBeHidden();
  await other.getByRole('button', { name: '撤回' }).click();
  await whyBack.fill('填错了接收人');
  await page.keyboard.press('Enter');
  await expect(other).toContainText('已撤回');
  await expect(other).toContainText('填错了接收人');
  for (const customer of [first, second]) {
    const now = await (await page.request.get('/api/v1/customers?sort=aum&limit=50')).json();
    expect((now.items as Listed[]).find((item) => item.customer_no === customer.customer_no)?.manager?.code).toBe(me);
  }
});

/** Sets a parameter whatever it was before. */
async function set(page: Page, name: string, value: object): Promise<void> {
  const { items } = await (await page.request.get('/api/v1/parameters')).json();
  const { version } = items.find((item: { key: string }) => item.key === name);
  const answer = await page.request.put(`/api/v1/parameters/${name}`, {
    data: { value },
    headers: { 'idempotency-key': crypto.randomUUID(), 'if-match': `"${version}"`, 'sec-fetch-site': 'same-origin' },
  });
  expect(answer.status(), await answer.text()).toBeLessThan(300);
}

test('a manager picks whom nobody leads, once the bank has opened that', async ({ page, newSession }) => {
  await logIn(page, 'manager', '/pool');
  await expect(page.getByText('本行未开放认领')).toBeVisible();
  await accessible(page);

  const admin = await (await newSession()).newPage();
  await logIn(admin, 'admin', '/admin/parameters');
  await set(admin, 'pool.pick', { per_day: 5, cooldown_days: 0 });
  await page.reload();
  const { items } = await (await page.request.get('/api/v1/customers?sort=aum&limit=50')).json();
  const poorest = items[0] as Listed;
  const row = page.getByRole('row', { name: poorest.customer_no });
  await expect(page.getByRole('table')).toBeVisible();
  await expect(row).toHaveCount(0);
  const head = await (await newSession()).newPage();
  await logIn(head, 'branch', '/transfers');
  const given = await head.request.post('/api/v1/transfers', {
    data: { customers: [poorest.customer_no], to: 'none', reason: '供认领' },
    headers: { 'idempotency-key': crypto.randomUUID(), 'sec-fetch-site': 'same-origin' },
  });
  expect(given.status(), await given.text()).toBe(201);

  // The page that is open has it at once, and loses it again when it is somebody's.
  await expect(row).toBeVisible();
  await expect(row).not.toContainText(poorest.name);
  await accessible(page);
  await clickUntil(
    () => row.getByRole('button', { name: '认领' }).click({ timeout: 2_000 }),
    () => expect(row).toBeHidden({ timeout: 2_000 }),
  );
  const seen = await page.request.get(`/api/v1/customers/${poorest.customer_no}`);
  expect(seen.status()).toBe(200);
  await set(admin, 'pool.pick', { per_day: 0, cooldown_days: 90 });
});

test('an administrator says who gets new customers', async ({ page, browserConsole }) => {
  browserConsole.expect(/422/);
  await logIn(page, 'admin', '/admin/newcomers');
  const rules = page.locator('.newcomer');
  await clickUntil(
    () => page.getByRole('button', { name: '添加规则' }).click(),
    () => expect(rules.first()).toBeVisible({ timeout: 1_000 }),
  );
  const managers = rules.first().getByLabel('客户经理');
  await managers.fill('NOBODY');
  await page.getByRole('button', { name: '保存' }).click();
  await expect(rules.first().locator('[aria-invalid=true]')).toBeVisible();
  await rules.first().getByLabel('归谁').selectOption('pool');
  await expect(managers).toBeDisabled();
  await page.getByRole('button', { name: '保存' }).click();
  await expect(page.getByText('已保存')).toBeVisible();
  await accessible(page);

  await page.reload();
  await expect(rules.first().getByLabel('归谁')).toHaveValue('pool');
  await clickUntil(
    async () => {
      while ((await rules.count()) > 0) {
        await rules.first().getByRole('button', { name: '删除' }).click({ timeout: 1_000 });
      }
    },
    () => expect(page.getByText('还没有规则')).toBeVisible({ timeout: 1_000 }),
  );
  await page.getByRole('button', { name: '保存' }).click();
  await expect(page.getByText('已保存')).toBeVisible();
});

test('columns of the board are hidden and folded, and stay so', async ({ page }) => {
  await logIn(page, 'executive', '/board');
  const columns = page.locator('.bcol');
  await expect(columns.first()).toBeVisible();
  const all = await columns.count();
  const last = await columns.last().locator('.bcol-name').innerText();
  await clickUntil(
    async () => {
      if (!(await page.locator('dialog[open]').isVisible())) await page.getByRole('button', { name: '列', exact: true }).click({ timeout: 1_000 });
    },
    () => expect(page.locator('.board-place').first()).toBeVisible({ timeout: 1_000 }),
  );
  await accessible(page);
  await page.locator('.board-place input').last().uncheck();
  await page.getByRole('button', { name: '应用' }).click();
  await expect(columns).toHaveCount(all - 1);
  await columns.first().locator('.bcol-tools button').click();
  await page.reload();
  await expect(columns).toHaveCount(all - 1);
  await expect(columns.first()).toHaveClass(/folded/);

  await clickUntil(
    async () => {
      if (!(await page.locator('dialog[open]').isVisible())) await page.getByRole('button', { name: '列', exact: true }).click({ timeout: 1_000 });
    },
    () => expect(page.locator('.board-place').first()).toBeVisible({ timeout: 1_000 }),
  );
  await page.locator('.board-place', { hasText: last }).locator('input').check();
  await page.getByRole('button', { name: '应用' }).click();
  await expect(columns).toHaveCount(all);
  await clickUntil(
    () => columns.first().locator('.bcol-tools button').click(),
    () => expect(columns.first()).not.toHaveClass(/folded/, { timeout: 1_000 }),
  );
});
