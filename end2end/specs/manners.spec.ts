import { type Page } from '@playwright/test';
import { accessible, clickUntil, enter, logIn } from '../support/people';
import { expect, test } from '../support/test';

test.use({ keepsDrafts: true });

async function palette(page: Page): Promise<void> {
  await clickUntil(
    async () => {
      if (!(await page.getByRole('combobox', { name: '命令' }).isVisible())) await page.keyboard.press('Control+k');
    },
    () => expect(page.getByRole('combobox', { name: '命令' })).toBeFocused({ timeout: 1_000 }),
  );
}

test('the palette goes anywhere, finds anybody and learns what is used', async ({ page }) => {
  await logIn(page, 'branch', '/account');
  await palette(page);
  await accessible(page);
  const box = page.getByRole('combobox', { name: '命令' });
  for (const typed of ['ghkb', 'guanhukanban', '管户', 'board']) {
    await box.fill(typed);
    await expect(page.getByRole('listbox').getByRole('option').first(), typed).toHaveText(/管户看板/);
  }
  await page.keyboard.press('Enter');
  await page.waitForURL('**/board');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('管户看板');

  // A customer, by the same search as the box in the bar.
  const { name } = (await (await page.request.get('/api/v1/customers?limit=1')).json()).items[0];
  await palette(page);
  await box.fill(String(name).slice(0, 4));
  const found = page.getByRole('group', { name: '客户', exact: true }).getByRole('option').first();
  await expect(found).toContainText(String(name).slice(0, 4));
  await found.click();
  await page.waitForURL(/\/customers\/\d{12}/);

  // What the page itself can do; and what was used comes first, on a page loaded anew.
  await palette(page);
  for (const offered of ['记录联系', '添加待办']) {
    await expect(page.getByRole('group', { name: '本页' }).getByRole('option', { name: offered })).toBeVisible();
  }
  await page.keyboard.press('Escape');
  await expect(box).toBeHidden();
  await page.reload();
  await palette(page);
  await expect(page.getByRole('group', { name: '常用' }).getByRole('option').first()).toContainText(/管户看板/);
});

test('the palette runs what the row in hand can do, or the dialog that is open', async ({ page }) => {
  await logIn(page, 'admin', '/admin/staff');
  const row = page.locator('tbody tr').nth(1);
  const name = await row.locator('td').first().innerText();
  const box = page.getByRole('combobox', { name: '命令' });
  await clickUntil(
    async () => {
      if (await box.isVisible()) return;
      await row.getByRole('button', { name: '修改' }).focus();
      await page.keyboard.press('Control+k');
    },
    () => expect(box).toBeFocused({ timeout: 1_000 }),
  );
  await page.keyboard.type('xiugai');
  const found = page.getByRole('group', { name: '本页' }).getByRole('option', { name: '修改' });
  await expect(found).toHaveCount(1);
  await expect(found).toContainText(name);
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: '修改' });
  await expect(dialog.locator('#f-staff-code')).toHaveValue(name);
  // In a dialog only its own can be run.
  await page.keyboard.press('Control+k');
  await expect(box).toBeFocused();
  await page.keyboard.type('quxiao');
  await expect(page.getByRole('group', { name: '本页' }).getByRole('option', { name: '取消' })).toHaveCount(1);
  await page.keyboard.press('Enter');
  await expect(dialog).toBeHidden();
  await expect(row.getByRole('button', { name: '修改' })).toBeFocused();
});

test('the map of keys begins with the page in sight and the focus comes back', async ({ page }) => {
  await logIn(page, 'branch', '/board');
  const keys = page.getByRole('dialog', { name: '快捷键' });
  await clickUntil(
    async () => {
      if (!(await keys.isVisible())) await page.keyboard.press('?');
    },
    () => expect(keys).toBeVisible({ timeout: 1_000 }),
  );
  await expect(keys.getByRole('heading', { level: 3 }).first()).toHaveText('管户看板');
  await accessible(page);
  await page.keyboard.press('Escape');
  await expect(keys).toBeHidden();
  expect(await page.evaluate(() => document.activeElement !== document.body)).toBe(true);
});

test.describe('a selection', () => {
  // One after another: both write the reason of a transfer from the list, of which a person keeps one draft.
  test.describe.configure({ mode: 'default' });

  test('is put onto a list of one’s own, and moved with a reason', async ({ page }) => {
    await logIn(page, 'branch', '/customers');
    const rows = page.locator('tbody tr[role=row]');
    await expect(rows.first()).toBeVisible();
    const ticks = page.locator('tbody td.pick input');
    await clickUntil(
      async () => {
        if (!(await ticks.nth(3).isChecked())) await ticks.nth(3).click();
      },
      () => expect(page.locator('.bulk')).toContainText('已选 1', { timeout: 1_000 }),
    );
    await ticks.nth(4).click();
    await page.getByRole('button', { name: '加入客户群' }).click();
    const dialog = page.locator('dialog#bulk-group');
    await expect(dialog).toContainText('将 2 位客户加入名单');
    await dialog.getByLabel('客户群', { exact: false }).selectOption('+');
    const name = `走访名单 ${Date.now()}`;
    await dialog.getByLabel('名单名称').fill(name);
    await accessible(page);
    await dialog.getByRole('button', { name: '加入', exact: true }).click();
    await expect(page.locator('.toast')).toContainText(name);
    await expect(page.locator('.bulk')).toHaveCount(0);

    await ticks.nth(3).click();
    await page.getByRole('button', { name: '移交…' }).click();
    const sheet = page.locator('dialog#bulk-move');
    await expect(sheet).toContainText('移交 1 位客户');
    await sheet.getByRole('button', { name: /^(移交|提交审批)$/ }).click();
    await expect(sheet.locator('.field-error').first()).toBeVisible();
    await sheet.getByLabel('移交原因').fill('客户要求就近服务');
    await accessible(page);
    // What was typed is there again after a reload.
    await expect(async () => {
      const kept = await page.request.post('/api/drafts/read', { data: { form: 'transfer', subject: 'list' }, headers: { 'sec-fetch-site': 'same-origin' } });
      expect(await kept.json()).toBe('客户要求就近服务');
    }).toPass();
    await page.reload();
    await clickUntil(
      async () => {
        if (!(await ticks.nth(3).isChecked())) await ticks.nth(3).click();
      },
      () => expect(page.locator('.bulk')).toContainText('已选 1', { timeout: 1_000 }),
    );
    await page.getByRole('button', { name: '移交…' }).click();
    await expect(sheet.getByLabel('移交原因')).toHaveValue('客户要求就近服务');
  });

  test('moved by mistake is taken back', async ({ page }) => {
    await logIn(page, 'branch', '/customers?sort=aum');
    const { items } = await (await page.request.get('/api/v1/customers?sort=aum&limit=200')).json();
    const mine = items[9].manager?.code;
    const { code } = items.find((item: { manager: { code: string } | null }) => item.manager !== null && item.manager.code !== mine).manager;
    const tick = page.locator('tbody td.pick input').nth(9);
    await clickUntil(
      async () => {
        if (!(await tick.isChecked())) await tick.click();
      },
      () => expect(page.locator('.bulk')).toContainText('已选 1', { timeout: 1_000 }),
    );
    await page.getByRole('button', { name: '移交…' }).click();
    const sheet = page.locator('dialog#bulk-move');
    await sheet.getByRole('combobox').fill(code);
    await page.getByRole('option', { name: code }).first().click();
    // Who moves is named, with room for a note to the new lead; the note stands in the customer's timeline.
    await expect(sheet.locator('.moves')).toContainText(items[9].name);
    const note = `只在下午接电话 ${Date.now()}`;
    await sheet.getByLabel(`新主办需知：${items[9].name}`).fill(note);
    await accessible(page);
    await sheet.getByLabel('移交原因').fill(`误移 ${Date.now()}`);
    await sheet.getByRole('button', { name: '移交', exact: true }).click();
    const toast = page.locator('.toast', { hasText: '已将 1 位客户移交给' });
    await expect(toast).toBeVisible();
    const timeline = await (await page.request.get(`/api/v1/customers/${items[9].customer_no}/timeline?kind=assignment`)).json();
    expect(JSON.stringify(timeline.items)).toContain(note);
    await toast.getByRole('button', { name: '撤销' }).click();
    await expect(page.locator('.toast', { hasText: '回到原来的经理' })).toBeVisible();
    const now = await (await page.request.get(`/api/v1/customers/${items[9].customer_no}`)).json();
    expect(JSON.stringify(now.assignments)).not.toContain(code);
  });
});

test('a contact half written outlives the session, and nothing of it is in the browser', async ({ page, newSession }) => {
  await logIn(page, 'manager', '/account');
  const { customer_no: number } = (await (await page.request.get('/api/v1/customers?limit=8')).json()).items[7];
  await page.goto(`/customers/${number}`);
  const sheet = page.locator('dialog#log');
  const open = async (page: Page): Promise<void> => {
    await clickUntil(
      async () => {
        if (!(await page.locator('dialog#log').isVisible())) await page.keyboard.press('c');
      },
      () => expect(page.locator('dialog#log')).toBeVisible({ timeout: 1_000 }),
    );
  };
  await open(page);
  await sheet.getByLabel('沟通内容', { exact: false }).or(sheet.locator('#f-summary')).first().fill('客户打算换房，下月看按揭');
  expect(await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }))).not.toContain('按揭');
  await expect(async () => {
    const kept = await page.request.post('/api/drafts/read', { data: { form: 'contact', subject: number }, headers: { 'sec-fetch-site': 'same-origin' } });
    expect(JSON.stringify(await kept.json())).toContain('按揭');
  }).toPass();
  // Another machine, another session.
  const other = await (await newSession()).newPage();
  await logIn(other, 'manager', `/customers/${number}`);
  await open(other);
  await expect(other.locator('#f-summary')).toHaveValue('客户打算换房，下月看按揭');
  await other.locator('dialog#log').getByRole('button', { name: /丢弃|清空/ }).click();
  await expect(other.locator('#f-summary')).toHaveValue('');
});

test('paper tells who printed it and when, and the log tells of the paper', async ({ page, newSession }) => {
  await logIn(page, 'branch', '/dashboards');
  const before = await page.evaluate(() => document.documentElement.style.getPropertyValue('--print-mark'));
  expect(before).toContain('(branch)');
  await page.evaluate(() => {
    window.print = () => document.body.setAttribute('data-printed', document.documentElement.style.getPropertyValue('--print-mark'));
  });
  await clickUntil(
    () => page.keyboard.press('Control+p'),
    () => expect(page.locator('body')).toHaveAttribute('data-printed', /\(branch\)/, { timeout: 2_000 }),
  );
  await page.emulateMedia({ media: 'print' });
  await expect(page.locator('.topbar')).toBeHidden();
  await expect(page.locator('.rail')).toBeHidden();
  // The paper is white whatever the screen was.
  const inks = (): Promise<string[]> =>
    page.evaluate(() => {
      const style = getComputedStyle(document.documentElement);
      return ['--sheet', '--ink', '--ochre', '--ochre-wash', '--seal-wash', '--tier-2', '--tier-5', '--chart-3', '--chart-6'].map((name) => style.getPropertyValue(name));
    });
  const light = await inks();
  await page.evaluate(() => document.documentElement.setAttribute('data-theme', 'dark'));
  expect(await inks()).toEqual(light);
  expect((await page.pdf({ preferCSSPageSize: true })).subarray(0, 5).toString()).toBe('%PDF-');
  const auditor = await (await newSession()).newPage();
  await logIn(auditor, 'auditor', '/audit');
  const log = await (await auditor.request.get('/api/v1/audit?subject=page%3A%2Fdashboards')).json();
  expect(JSON.stringify(log.items)).toContain('page.print');
});

test('the handbook answers in both languages, and forms lead to it', async ({ page, browserConsole }) => {
  browserConsole.expect(/404/);
  await logIn(page, 'admin', '/help?q=%E5%AE%BD%E9%99%90%E6%9C%9F');
  const first = page.locator('.help-hits a').first();
  await expect(first).toContainText('宽限期');
  await first.click();
  await page.waitForURL('**/help/tiers#grace');
  await expect(page.locator('#grace')).toBeVisible();
  await clickUntil(
    async () => {
      if ((await page.locator('html').getAttribute('lang'))?.startsWith('zh')) await page.getByRole('button', { name: 'EN', exact: true }).click();
    },
    () => expect(page.locator('#grace')).toHaveText('Grace', { timeout: 1_500 }),
  );
  await accessible(page);
  expect((await page.goto('/help/nothing'))?.status()).toBe(404);

  // The question mark in the bar is about the page in sight, the one beside a parameter about that parameter.
  await page.goto('/admin/parameters');
  await expect(page.getByRole('banner').getByRole('link', { name: 'About this page' })).toHaveAttribute('href', '/help/parameters');
  const about = page.getByRole('region', { name: 'Reveals a day' }).getByRole('link', { name: 'See the handbook' });
  await expect(about).toHaveAttribute('href', '/help/parameters#reveal-daily_limit');
  await page.goto('/help/parameters#reveal-daily_limit');
  await expect(page.locator('#reveal-daily_limit')).toHaveText('Reveals a day');
});

test('the tour is offered once, can be left and goes on there', async ({ page, context }) => {
  await context.clearCookies({ name: 'list_tour' });
  await logIn(page, 'security', '/admin/approvals');
  const strip = page.locator('.tour-offer');
  await expect(strip).toBeVisible();
  const panel = page.getByRole('dialog', { name: '第二个人' });
  await clickUntil(
    async () => {
      if (await strip.isVisible()) await strip.getByRole('button', { name: '开始导览' }).click();
    },
    () => expect(panel).toBeVisible({ timeout: 2_000 }),
  );
  await accessible(page);
  await panel.getByRole('button', { name: '下一步' }).click();
  await page.waitForURL('**/tiers');
  const second = page.getByRole('dialog', { name: '发布分层' });
  await expect(second).toBeVisible();
  // How far one came is kept a moment later.
  await expect
    .poll(async () => (await page.request.post('/api/account/preferences', { data: {}, headers: { 'sec-fetch-site': 'same-origin' } })).text())
    .toMatch(/"tour":"\w+\.1"/);
  await page.keyboard.press('Escape');
  await expect(second).toBeHidden();
  await page.goto('/admin/approvals');
  await expect(page.locator('h1').first()).toBeAttached();
  await expect(strip).toHaveCount(0);
  await palette(page);
  await page.getByRole('combobox', { name: '命令' }).fill('daolan');
  await expect(page.getByRole('listbox').getByRole('option').first()).toHaveText(/导览/);
  await page.keyboard.press('Enter');
  await expect(second).toBeVisible();
});

/** Holds the scripts of pages until `release`; the frame's own comes. */
async function held(page: Page): Promise<() => void> {
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  await page.route(/split_(?!load_hand).*\.wasm/, async (route) => {
    await released;
    await route.continue();
  });
  return release;
}

test('what is called for before the page is whole comes once it is', async ({ page, context }) => {
  await context.clearCookies({ name: 'list_tour' });
  await enter(page.request, 'auditor');
  const release = await held(page);
  await page.goto('/system');
  const strip = page.locator('.tour-offer');
  const frame = page.getByRole('banner').getByRole('button', { name: '审计员' });
  // The frame is alive: its menu opens, and the page still waits.
  await clickUntil(
    () => frame.click(),
    () => expect(page.getByRole('menuitem', { name: '使用手册' })).toBeVisible({ timeout: 1_000 }),
  );
  await page.keyboard.press('Escape');
  await strip.getByRole('button', { name: '开始导览' }).click();
  await expect(strip).toBeVisible();
  release();
  await expect(page.getByRole('dialog')).toBeVisible();
  await expect(strip).toBeHidden();
});

test('what is chosen before the page is whole counts once it is', async ({ page }) => {
  await enter(page.request, 'branch');
  // Others look at dashboards under the same name: nothing is kept for them.
  await page.route('**/api/account/prefer', (route) => route.fulfill({ json: null }));
  const release = await held(page);
  await page.goto('/dashboards');
  const currency = page.getByRole('combobox', { name: '币种' });
  await currency.selectOption('USD');
  release();
  await expect(page).toHaveURL(/currency=USD/);
  await expect(currency).toHaveValue('USD');
});

test('a search that is typed and sent before the page is whole opens what it finds', async ({ page }) => {
  await enter(page.request, 'manager');
  const { items } = await (await page.request.get('/api/v1/customers?sort=-name&limit=1')).json();
  const release = await held(page);
  await page.goto('/customers');
  const box = page.locator('#customer-search');
  await box.pressSequentially(items[0].customer_no);
  await box.press('Enter');
  release();
  await page.waitForURL(`**/customers/${items[0].customer_no}`);
});

test('a board shows what changed while it was on its way', async ({ page, newSession }) => {
  const other = (await newSession()).request;
  await enter(other, 'branch');
  const { items } = await (await other.get('/api/v1/customers?sort=aum&limit=200')).json();
  const led = items.filter((item: { manager: object | null }) => item.manager !== null);
  const [moved] = led;
  const to = led.find((item: { manager: { code: string } }) => item.manager.code !== moved.manager.code).manager;
  await enter(page.request, 'branch');
  const release = await held(page);
  await page.goto('/board?sort=aum');
  const column = page.locator('.bcol', { has: page.locator('.bcol-name', { hasText: to.name }) });
  // Who has least stands first.
  const card = column.locator('.bcard', { hasText: moved.name });
  await expect(column.locator('.bcard').first()).toBeVisible();
  await expect(card).toHaveCount(0);
  const answer = await other.post('/api/v1/transfers', {
    data: { customers: [moved.customer_no], to: to.code, reason: '看板未到之前' },
    headers: { 'idempotency-key': crypto.randomUUID(), 'sec-fetch-site': 'same-origin' },
  });
  expect(answer.status(), await answer.text()).toBe(201);
  release();
  await expect(card).toBeVisible();
});

test('what waits for a decision rings the bell of whoever decides, and stays read', async ({ page, newSession }) => {
  await logIn(page, 'branch', '/transfers');
  const manager = await (await newSession()).newPage();
  await logIn(manager, 'manager', '/account');
  const me = await (await manager.request.get('/api/v1/me')).json();
  const { items } = await (await manager.request.get('/api/v1/customers?limit=12')).json();
  const asked = await manager.request.post('/api/v1/transfers', {
    data: { customers: [items[11].customer_no], to: 'none', reason: '试验通知' },
    headers: { 'idempotency-key': crypto.randomUUID(), 'sec-fetch-site': 'same-origin' },
  });
  expect([201, 202], `${me.login}: ${await asked.text()}`).toContain(asked.status());
  const bell = page.getByRole('button', { name: /^通知，\d+ 条未读$/ });
  await expect(bell).toBeVisible({ timeout: 20_000 });
  await bell.click();
  const sheet = page.getByRole('dialog', { name: '通知' });
  await expect(sheet.getByRole('heading', { name: /移交等您审批/ })).toBeVisible();
  await accessible(page);
  await sheet.getByRole('button', { name: '全部标为已读' }).click();
  await page.reload();
  await expect(page.getByRole('button', { name: '通知', exact: true })).toBeVisible();
  const { id } = await asked.json();
  await manager.request.post(`/api/v1/transfers/${id}/recall`, {
    data: {},
    headers: { 'idempotency-key': crypto.randomUUID(), 'sec-fetch-site': 'same-origin' },
  });
});

test('what the browser refuses to tell is said where it was asked for', async ({ page }) => {
  await page.addInitScript(() => {
    Notification.requestPermission = (then?: NotificationPermissionCallback) => {
      setTimeout(() => then?.('denied'));
      return Promise.resolve('denied' as NotificationPermission);
    };
  });
  await logIn(page, 'auditor', '/audit');
  const sheet = page.getByRole('dialog', { name: '通知' });
  await clickUntil(
    async () => {
      if (!(await sheet.isVisible())) await page.getByRole('button', { name: /^通知/ }).click();
    },
    () => expect(sheet).toBeVisible({ timeout: 1_000 }),
  );
  await sheet.getByText('通知设置').click();
  const may = sheet.getByRole('checkbox', { name: /由浏览器提醒/ });
  await may.click();
  await expect(sheet.getByRole('alert')).toContainText('浏览器没有允许提醒');
  await expect(may).not.toBeChecked();
  await accessible(page);
});

test('a page’s script comes while one points at a link to it', async ({ page }) => {
  const asked: string[] = [];
  page.on('request', (request) => asked.push(request.url()));
  await logIn(page, 'branch', '/customers');
  const came = (script: string): boolean => asked.some((url) => new RegExp(`split_${script}.*\\.wasm`).test(url));
  await expect(page.locator('h1').first()).toBeVisible();
  // In the rail and in a list, by a pointer and by keyboard.
  const ways: [string, () => Promise<void>][] = [
    ['dashboards', () => page.locator('.rail a[href="/dashboards"]').hover()],
    ['customer', () => page.locator('main a[href^="/customers/"]').first().hover()],
    ['segments', () => page.locator('.rail a[href="/groups"]').focus()],
  ];
  for (const [script, aim] of ways) {
    expect(came(script), script).toBe(false);
    await clickUntil(
      async () => {
        await page.locator('.brand').hover();
        await page.locator('.brand').focus();
        await aim();
      },
      () => expect.poll(() => came(script), { timeout: 1_000 }).toBe(true),
    );
  }
  await expect(page).toHaveURL(/\/customers(\?|$)/);
});

test.describe('of people', () => {
  test.use({ keepsLooks: true });

  test('language and looks go to the account, whatever changes them', async ({ page }) => {
    await logIn(page, 'auditor', '/audit');
    // No further: others are logged in under the same name.
    const asked: string[] = [];
    await page.route('**/api/account/prefer', async (route) => {
      asked.push(route.request().postData() ?? '');
      await route.fulfill({ json: null });
    });
    await palette(page);
    await page.getByRole('combobox', { name: '命令' }).fill('深色外观');
    await page.keyboard.press('Enter');
    await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
    await expect.poll(() => asked.join()).toContain('"theme":"dark"');
    await page.getByRole('banner').getByRole('button', { name: 'EN', exact: true }).click();
    await expect.poll(() => asked.join()).toContain('"lang":"en"');
  });
});

test.describe('with a service worker', () => {
  test.use({ serviceWorkers: 'allow' });

  test('what the bell tells outside the page goes by way of the worker', async ({ page }) => {
    await page.addInitScript(() => {
      ServiceWorkerRegistration.prototype.showNotification = async (title: string, options?: NotificationOptions): Promise<void> => {
        document.body.setAttribute('data-told', `${title}|${options?.body}`);
      };
    });
    await logIn(page, 'branch', '/customers');
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => true));
    await page.evaluate(() => document.dispatchEvent(new CustomEvent('guanhu:notice', { detail: '移交等您审批\n2 条未读' })));
    await expect(page.locator('body')).toHaveAttribute('data-told', '移交等您审批|2 条未读');
  });

  test('without a network a page says so, and only the shell is kept', async ({ page, context, browserConsole }) => {
    browserConsole.expect(/ERR_INTERNET_DISCONNECTED|Failed to load resource|Failed to fetch/);
    await logIn(page, 'branch', '/customers');
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => true));
    await page.reload();
    await expect(page.locator('h1').first()).toBeVisible();
    await context.setOffline(true);
    await expect(page.locator('#offline > span:first-child')).toBeVisible();
    // Nothing is promised that cannot be.
    await expect(page.locator('#offline > span:first-child')).not.toContainText('会保留');
    const kept = await page.evaluate(async () => {
      const urls: string[] = [];
      for (const name of await caches.keys()) for (const request of await (await caches.open(name)).keys()) urls.push(new URL(request.url).pathname);
      return urls;
    });
    expect(kept.length).toBeGreaterThan(0);
    expect(kept.filter((path) => !path.startsWith('/pkg/') && path !== '/offline')).toEqual([]);
    await page.goto('/dashboards');
    await expect(page.getByRole('heading', { level: 1, name: '没有网络' })).toBeVisible();
    await context.setOffline(false);
    await page.goto('/dashboards');
    await expect(page.locator('.page.dash h1')).toBeVisible();
  });
});
