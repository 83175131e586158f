import { readFile } from 'node:fs/promises';

import { accessible, clickUntil, logIn } from '../support/people';
import { expect, test } from '../support/test';

test('a tier is changed by one, published by another, and explained to a manager', async ({ page, newSession }) => {
  test.setTimeout(360_000);
  await logIn(page, 'admin', '/tiers?scheme=corporate');
  await expect(page.getByRole('heading', { level: 1, name: '客户分层' })).toBeVisible();
  const schemes: { code: string; in_force: number }[] = (await (await page.request.get('/api/v1/tiers')).json()).items;
  const before = schemes.find((scheme) => scheme.code === 'corporate')?.in_force;
  await expect(page.locator('.tiers-table')).toContainText('近 3 个月日均金融资产 ≥ 3,000万');
  await accessible(page);

  // Drafted by clicking: the highest tier asks for less, and for a second condition.
  await page.getByRole('link', { name: '起草新版' }).click();
  const tier = page.locator('.tier-form').first();
  // The page is alive once the fold opens.
  await expect(async () => {
    const fold = tier.getByRole('button', { name: '战略' });
    if ((await fold.getAttribute('aria-expanded')) !== 'true') await fold.click();
    await expect(fold).toHaveAttribute('aria-expanded', 'true', { timeout: 500 });
  }).toPass();
  const amount = tier.locator('.rule-leaf').first().getByLabel('值');
  await amount.fill('2000万');
  await tier.getByRole('button', { name: '添加条件' }).click();
  const added = tier.locator('.rule-leaf').nth(1);
  await page.getByRole('button', { name: '保存草稿' }).click();
  await expect(page.getByText('处需要更正')).toBeVisible();
  await expect(added.locator('.field-error')).toBeVisible();
  await added.getByLabel('字段').selectOption({ label: '账户数' });
  await added.getByLabel('值').fill('1');
  await expect(tier.locator('.rule-words')).toContainText('近 3 个月日均金融资产 ≥ 2,000万 且 账户数 ≥ 1户');
  await accessible(page);
  await page.getByRole('button', { name: '保存草稿' }).click();
  await expect(page.getByText('草稿已保存')).toBeVisible();
  await expect(page.locator('.tier-changes')).toContainText('账户数 ≥ 1户');

  // Tried out on everybody, then submitted; its author has no button to publish it.
  await page.getByRole('button', { name: '试算', exact: true }).click();
  await expect(page.locator('.tiers-matrix')).toBeVisible();
  await accessible(page);
  await page.getByRole('button', { name: '提交发布' }).click();
  await page.getByRole('dialog').getByRole('button', { name: '提交发布' }).click();
  await expect(page.getByText('待发布').first()).toBeVisible();
  await expect(page.getByRole('button', { name: '发布', exact: true })).toHaveCount(0);
  const address = new URL(page.url());

  // Before it is published the branch reads it, and who of its own would move.
  const head = await (await newSession()).newPage();
  await logIn(head, 'branch', address.pathname + address.search);
  const movers = head.locator('.section', { has: head.getByRole('heading', { name: '名下变动客户' }) });
  await clickUntil(
    () => movers.getByRole('button', { name: '列出客户' }).click({ timeout: 2_000 }),
    () => expect(movers.locator('tbody tr, [role=status]').first()).toBeVisible({ timeout: 3_000 }),
  );
  await accessible(head);
  await movers.getByRole('button', { name: '降级' }).click();
  await expect(movers.getByRole('button', { name: '降级' })).toHaveAttribute('aria-pressed', 'true');
  await expect(page.getByRole('heading', { name: '名下变动客户' })).toHaveCount(0);

  const security = await (await newSession()).newPage();
  await logIn(security, 'security', address.pathname + address.search);
  await clickUntil(
    () => security.getByRole('button', { name: '发布', exact: true }).click({ timeout: 2_000 }),
    () => expect(security.getByRole('dialog')).toBeVisible({ timeout: 1_000 }),
  );
  await security.getByRole('dialog').getByRole('button', { name: '确认发布' }).click();
  await expect(security.getByText('生效中').first()).toBeVisible();
  await expect(security.locator('.tiers-table')).toContainText('2,000万');

  // What was published is what a company's page goes by: it says the new floor, and no longer the old one.
  const branch = await (await newSession()).newPage();
  await logIn(branch, 'branch', '/tiers?scheme=corporate');
  await expect(branch.locator('.tiers-table')).toContainText('2,000万');
  const companies = await branch.request.get('/api/v1/customers?kind=corporate&limit=200&sort=-aum');
  const listed: { customer_no: string; tier: { code: string } | null }[] = (await companies.json()).items;
  const company = listed.find((item) => item.tier?.code === 'corp_key') ?? listed.find((item) => item.tier?.code === 'corp_strategic');
  expect(company, 'a company of the two highest tiers').toBeDefined();
  await branch.goto(`/customers/${company?.customer_no}`);
  await expect(branch.locator('.c360-standing')).toContainText('近 3 个月日均金融资产 ≥ 2,000万');
  await expect(branch.locator('.c360-standing')).not.toContainText('3,000万');

  // A manager reads the same, and why a customer is where it is.
  const manager = await (await newSession()).newPage();
  await logIn(manager, 'manager', '/tiers');
  await expect(manager.getByRole('link', { name: '起草新版' })).toHaveCount(0);
  const answer = await manager.request.get('/api/v1/customers?limit=50&sort=-aum');
  const customer = (await answer.json()).items.find((item: { tier: { code: string } | null }) => item.tier?.code === 'platinum');
  expect(customer).toBeDefined();
  await manager.goto(`/customers/${customer.customer_no}`);
  await expect(manager.locator('.c360-standing')).toContainText(/起为白金：近 3 个月日均金融资产 ≥ 50万（实际 /);
  await expect(manager.locator('.c360-standing')).toContainText('距钻石');

  // What held before is gone back to: submitted for a later day, sent back, submitted again, published, and taken back.
  const older = `/tiers?scheme=corporate&v=${before}`;
  const { business_date } = await (await page.request.get('/api/v1/me')).json();
  const later = new Date(new Date(business_date).getTime() + 30 * 86_400_000).toISOString().slice(0, 10);
  const goBack = async (from: string) => {
    await page.goto(older);
    const dialog = page.getByRole('dialog');
    await clickUntil(
      () => page.getByRole('button', { name: '恢复到此版' }).click({ timeout: 2_000 }),
      () => expect(dialog).toBeVisible({ timeout: 1_000 }),
    );
    if (from) await dialog.getByLabel('生效日').fill(from);
    await dialog.getByRole('button', { name: '提交发布' }).click();
    await expect(page.getByText('已提交，等待安全员发布')).toBeVisible();
  };
  const decide = async (begin: string, confirm: string, reason: string, said: string) => {
    await security.goto(older);
    const dialog = security.getByRole('dialog');
    await clickUntil(
      () => security.getByRole('button', { name: begin, exact: true }).click({ timeout: 2_000 }),
      () => expect(dialog).toBeVisible({ timeout: 1_000 }),
    );
    if (reason) await dialog.getByLabel('原因').fill(reason);
    await dialog.getByRole('button', { name: confirm, exact: true }).click();
    await expect(security.locator('.toast', { hasText: said })).toBeVisible();
  };
  await goBack(later);
  await decide('退回', '退回', '先与分行沟通', '已退回');
  await goBack(later);
  await decide('发布', '确认发布', '', '已发布');
  await decide('撤销发布', '撤销发布', '计划有变', '已撤销');
  await branch.goto('/tiers?scheme=corporate');
  await expect(branch.locator('.tiers-table')).toContainText('2,000万');
  await goBack('');
  await decide('发布', '确认发布', '', '已发布');
  await expect(security.getByText('生效中').first()).toBeVisible();
  await branch.goto('/tiers?scheme=corporate');
  await expect(branch.getByRole('heading', { level: 2, name: `第 ${before} 版` })).toBeVisible();
  await expect(branch.locator('.tiers-table')).not.toContainText('2,000万');
});

test('trying out tells how far it is and can be stopped', async ({ page, browserConsole }) => {
  browserConsole.expect(/status of 409/);
  await logIn(page, 'admin', '/tiers?scheme=personal');
  const { items } = await (await page.request.get('/api/v1/tiers')).json();
  const scheme = items.find((item: { code: string }) => item.code === 'personal');
  const now = scheme.versions.find((version: { number: number }) => version.number === scheme.in_force);
  const answer = await page.request.post('/api/v1/tiers/personal/versions', {
    data: { definition: now.definition, note: '只为试算' },
    headers: { 'idempotency-key': crypto.randomUUID(), 'sec-fetch-site': 'same-origin' },
  });
  expect(answer.status(), await answer.text()).toBe(201);
  const { number } = await answer.json();

  // The demo bank is tried out before anybody could press a button: here it takes until it is stopped.
  let stop = () => {};
  const stopped = new Promise<void>((resolve) => (stop = resolve));
  const contentType = 'application/json';
  await page.route('**/api/tiers/simulate', async (route) => {
    await stopped;
    await route.fulfill({ status: 409, contentType, body: JSON.stringify({ code: 'cancelled' }) });
  });
  await page.route('**/api/tiers/trial', (route) => route.fulfill({ contentType, body: JSON.stringify({ number, done: 250, total: 1000 }) }));
  await page.route('**/api/tiers/trial/cancel', async (route) => {
    stop();
    await route.fulfill({ contentType, body: 'null' });
  });
  await page.goto(`/tiers?scheme=personal&v=${number}`);
  const trial = page.locator('.tiers-trial');
  await clickUntil(
    () => page.getByRole('button', { name: '试算', exact: true }).click({ timeout: 2_000 }),
    () => expect(trial).toBeVisible({ timeout: 3_000 }),
  );
  await expect(trial).toContainText('正在全行试算');
  await accessible(page);
  await trial.getByRole('button', { name: '取消试算' }).click();
  await expect(page.getByText('已取消，未作任何更改。')).toBeVisible();
  await expect(trial).toHaveCount(0);
  await expect(page.locator('.tiers-matrix')).toHaveCount(0);
});

test('a group shared with a role is used by another within the own scope', async ({ page, newSession }) => {
  await logIn(page, 'branch', '/groups?new=dynamic');
  const name = `共享 ${Date.now()}`;
  const rule = page.locator('.rule-leaf').first();
  await expect(async () => {
    await rule.getByLabel('字段').selectOption({ label: '金融资产' });
    await rule.getByLabel('字段').selectOption({ label: '账户数' });
    await expect(rule.getByLabel('比较')).toBeVisible({ timeout: 500 });
  }).toPass();
  await rule.getByLabel('值').fill('1');
  await page.locator('input[name="group-name"]').fill(name);
  const shares = page.getByRole('group', { name: '共享给' });
  await shares.getByLabel('客户经理').check();
  await page.getByRole('button', { name: '保存' }).click();
  await page.getByRole('link', { name }).click();
  await expect(page).toHaveURL(/\/groups\?show=/);
  const code = new URL(page.url()).searchParams.get('show') ?? '';
  const count = async (who: typeof page) =>
    (await (await who.request.get(`/api/v1/customers?group=${code}&limit=1`)).json()).total.count as number;

  // The manager sees whose it is, has nothing to edit, and finds the own customers alone.
  const manager = await (await newSession()).newPage();
  await logIn(manager, 'manager', '/groups');
  const row = manager.getByRole('row').filter({ has: manager.getByRole('link', { name }) });
  await expect(row).toContainText('客户经理');
  await expect(row.getByRole('link', { name: '编辑' })).toHaveCount(0);
  await row.getByRole('link', { name }).click();
  await expect(manager.getByRole('heading', { level: 2, name })).toBeVisible();
  await expect(manager.getByText('现有成员')).toBeVisible();
  await accessible(manager);
  const own = await (await manager.request.get('/api/v1/customers?limit=1')).json();
  expect(await count(manager)).toBeGreaterThan(0);
  expect(await count(manager)).toBeLessThanOrEqual(own.total.count);
  expect(await count(manager)).toBeLessThan(await count(page));
  await manager.goto(`/customers?group=${code}`);
  await expect(manager.getByRole('button', { name: `客户群：${name}` })).toBeVisible();

  // No longer shared, it is gone there.
  await manager.goto('/groups');
  await page.goto(`/groups?edit=${code}`);
  await expect(async () => {
    // Before the page is alive a box is only drawn as it was clicked.
    if (!page.url().includes('edit=')) await page.goto(`/groups?edit=${code}`);
    await shares.getByLabel('客户经理').uncheck({ timeout: 1_000 });
    await page.getByRole('button', { name: '保存' }).click({ timeout: 1_000 });
    await expect(page).toHaveURL(/\/groups$/, { timeout: 3_000 });
    await manager.reload();
    await expect(manager.getByRole('heading', { level: 1, name: '客户群' })).toBeVisible({ timeout: 3_000 });
    await expect(manager.getByRole('link', { name })).toHaveCount(0, { timeout: 1_000 });
  }).toPass({ timeout: 60_000 });
});

test('a draft that somebody else saved meanwhile shows both versions', async ({ page, newSession, browserConsole }) => {
  browserConsole.expect(/status of 412/);
  test.setTimeout(180_000);
  await logIn(page, 'admin', '/tiers?scheme=personal');
  const post = async (data: object) => {
    const answer = await page.request.post('/api/v1/tiers/personal/versions', {
      data,
      headers: { 'idempotency-key': crypto.randomUUID(), 'sec-fetch-site': 'same-origin' },
    });
    expect(answer.status(), await answer.text()).toBe(201);
    return answer.json();
  };
  type Tier = { code: string; name: string; care: string; served_by: string[] };
  const { items } = await (await page.request.get('/api/v1/tiers')).json();
  const scheme = items.find((item: { code: string }) => item.code === 'personal');
  const now = scheme.versions.find((version: { number: number }) => version.number === scheme.in_force);
  const drafted = await post({ definition: now.definition, note: '两人同改' });

  // Here somebody begins to change the care of gold; meanwhile somebody else asks for a qualification, and saves.
  const edit = `/tiers?scheme=personal&v=${drafted.number}&edit=1`;
  await page.goto(edit);
  const gold = page.locator('.tier-form', { has: page.getByRole('button', { name: '金卡' }) });
  await expect(async () => {
    const fold = gold.getByRole('button', { name: '金卡' });
    if ((await fold.getAttribute('aria-expanded')) !== 'true') await fold.click();
    await expect(gold.getByLabel('关怀', { exact: true })).toBeVisible({ timeout: 500 });
  }).toPass();
  await gold.getByLabel('关怀', { exact: true }).fill('生日当天致电');
  const theirs = structuredClone(drafted.definition);
  theirs.tiers.find((tier: Tier) => tier.code === 'gold').served_by = ['AFP', 'CFP'];
  const saved = await post({ number: drafted.number, revision: drafted.revision, definition: theirs, note: '两人同改' });
  await page.getByRole('button', { name: '保存草稿' }).click();

  const conflict = page.getByRole('alert').filter({ hasText: '他人已先保存了此草稿' });
  await expect(conflict).toContainText('“金卡”的关怀');
  await expect(conflict.locator('ins').filter({ hasText: '生日当天致电' })).toBeVisible();
  await expect(conflict).toContainText('“金卡”主办资格');
  await expect(conflict.locator('del').filter({ hasText: 'AFP 或 CFP' })).toBeVisible();
  await accessible(page);

  // Theirs is taken over into the form, then what was written is written again on top of it.
  await conflict.getByRole('button', { name: '改用对方的' }).click();
  const again = page.locator('.tier-form', { has: page.getByRole('button', { name: '金卡' }) });
  await again.getByRole('button', { name: '金卡' }).click();
  await expect(again.getByLabel('主办须具备')).toHaveValue('AFP, CFP');
  await again.getByLabel('关怀', { exact: true }).fill('生日当天致电');
  await page.getByRole('button', { name: '保存草稿' }).click();
  await expect(page.getByText('草稿已保存')).toBeVisible();
  await expect(page.locator('.tiers-table')).toContainText('主办须具备 AFP 或 CFP');
  await expect(page.locator('.tiers-table')).toContainText('生日当天致电');
  const after = (await (await page.request.get('/api/v1/tiers')).json()).items.find((item: { code: string }) => item.code === 'personal');
  const kept = after.versions.find((version: { number: number }) => version.number === drafted.number);
  expect(kept.revision).toBe(saved.revision + 1);

  // Another one saves once more: who saves now without looking is told, and may still keep the own.
  const second = await (await newSession()).newPage();
  await logIn(second, 'admin', edit);
  const other = second.locator('.tier-form', { has: second.getByRole('button', { name: '金卡' }) });
  await expect(async () => {
    const fold = other.getByRole('button', { name: '金卡' });
    if ((await fold.getAttribute('aria-expanded')) !== 'true') await fold.click();
    await expect(other.getByLabel('关怀', { exact: true })).toHaveValue('生日当天致电', { timeout: 500 });
  }).toPass();
  await other.getByLabel('关怀', { exact: true }).fill('每季度一次资产检视');
  await post({ number: drafted.number, revision: kept.revision, definition: theirs, note: '两人同改' });
  await second.getByRole('button', { name: '保存草稿' }).click();
  await second.getByRole('alert').getByRole('button', { name: '用我的覆盖' }).click();
  await expect(second.getByText('草稿已保存')).toBeVisible();
  await expect(second.locator('.tiers-table')).toContainText('每季度一次资产检视');
});

test('a tier is asked for by one and agreed to by another', async ({ page, newSession }) => {
  await logIn(page, 'manager', '/customers');
  const answer = await page.request.get('/api/v1/customers?limit=50&sort=-aum');
  const items: { customer_no: string; tier: { code: string } | null }[] = (await answer.json()).items;
  const customer = items.find((item) => item.tier?.code === 'gold');
  expect(customer).toBeDefined();
  await page.goto(`/customers/${customer?.customer_no}`);
  const standing = page.locator('.c360-standing');
  await standing.getByRole('button', { name: '人工指定…' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('层级').selectOption({ label: '私行' });
  await dialog.getByRole('button', { name: '提交' }).click();
  await expect(dialog.getByText('必填。')).toBeVisible();
  await dialog.getByLabel('理由').fill('配偶为私行客户');
  await accessible(page);
  await dialog.getByRole('button', { name: '提交' }).click();
  await expect(standing).toContainText('manager 申请指定为私行');
  await expect(standing.getByRole('button', { name: '同意' })).toHaveCount(0);

  const branch = await (await newSession()).newPage();
  await logIn(branch, 'branch', `/customers/${customer?.customer_no}`);
  await branch.locator('.c360-standing').getByRole('button', { name: '同意' }).click();
  await expect(branch.locator('.c360-standing')).toContainText('人工指定为私行至');
  await accessible(branch);
});

test('a group is built by clicking, counted meanwhile, and filters the list', async ({ page }) => {
  await logIn(page, 'branch', '/groups?new=dynamic');
  const rule = page.locator('.rule-leaf').first();
  // The page is alive once the choice brings a comparison.
  await expect(async () => {
    await rule.getByLabel('字段').selectOption({ label: '账户数' });
    await rule.getByLabel('字段').selectOption({ label: '金融资产' });
    await expect(rule.getByLabel('比较')).toBeVisible({ timeout: 500 });
  }).toPass();
  await rule.getByLabel('值').fill('10万');
  await expect(page.locator('.group-count')).toContainText(/\d+ 位客户/);
  await accessible(page);

  // On one customer it is decided here: every change shows, nothing is asked for.
  const { items } = await (await page.request.get('/api/v1/customers?limit=1&sort=-aum')).json();
  await page.getByLabel('用一位客户试试').fill(items[0].customer_no);
  await page.getByRole('button', { name: '试一试' }).click();
  await expect(rule.locator('.rule-verdict.holds')).toContainText('满足');
  let asked = 0;
  page.on('request', (request) => (asked += request.url().includes('rules/facts') ? 1 : 0));
  await rule.getByLabel('比较').selectOption('lt');
  await expect(rule.locator('.rule-verdict.fails')).toContainText('不满足');
  await rule.getByLabel('比较').selectOption('ge');
  await expect(rule.locator('.rule-verdict.holds')).toBeVisible();
  expect(asked).toBe(0);
  await accessible(page);
  const name = `十万以上 ${Date.now()}`;
  await page.locator('input[name="group-name"]').fill(name);
  await page.getByRole('button', { name: '保存' }).click();
  await page.getByRole('link', { name }).click();
  await expect(page).toHaveURL(/\/groups\?show=/);
  await expect(page.getByRole('heading', { name: '人数变化' })).toBeVisible();
  await accessible(page);
  const group = new URL(page.url()).searchParams.get('show') ?? '';
  await page.getByRole('link', { name: '在客户列表中打开' }).click();
  await expect(page).toHaveURL(/\/customers\?group=/);
  await expect(page.getByRole('button', { name: `客户群：${name}` })).toBeVisible();

  // A dashboard tells what can be counted of the group now; one of months says that it cannot.
  await page.goto(`/dashboards?group=${group}`);
  await expect(page.getByText('实时统计')).toBeVisible();
  await expect(page.getByRole('region', { name: '客户分层' })).toBeVisible();
  await accessible(page);
  // Value and managers go by the books of the month; the page of one manager knows no groups and says so.
  await page.getByRole('link', { name: '客户价值', exact: true }).click();
  await expect(page.getByText('档位按群内客户划分')).toBeVisible();
  await accessible(page);
  await page.getByRole('navigation', { name: '看板' }).getByRole('link', { name: '客户经理', exact: true }).click();
  const managers = page.getByRole('region', { name: '各客户经理名下的群内客户' });
  await expect(managers.getByRole('row', { name: '合计' })).toBeVisible();
  await accessible(page);
  await managers.locator('tbody a[href^="/dashboards/managers/"]').first().click();
  await expect(page.getByText('没有客户群口径')).toBeVisible();

  await page.goto('/groups?new=static');
  // The page is alive once the button answers.
  await expect(async () => {
    await page.locator('input[name="group-name"]').fill(`名单 ${Date.now()}`);
    await page.locator('textarea[name="group-members"]').fill('123456 000000999995');
    await page.getByRole('button', { name: '保存' }).click();
    await expect(page.locator('.group-unknown')).toContainText('123456', { timeout: 1000 });
  }).toPass();

  // From a file with a heading and further columns; of 150 that are nobody all can be had.
  const two = await (await page.request.get('/api/v1/customers?limit=2')).json();
  const numbers: string[] = two.items.map((item: { customer_no: string }) => item.customer_no);
  const nobody = Array.from({ length: 150 }, (_, n) => `9${String(n).padStart(5, '0')}`);
  const file = (name: string, text: string) =>
    page.locator('#group-file-file').setInputFiles({ name, mimeType: 'text/csv', buffer: Buffer.from(text) });
  const uploaded = `上传 ${Date.now()}`;
  await page.goto('/groups?new=static');
  await expect(async () => {
    await page.locator('input[name="group-name"]').fill(uploaded);
    await page.locator('textarea[name="group-members"]').fill('');
    await file('名单.csv', `\uFEFF姓名,客户号,手机号\r\n${numbers.map((no) => `某人,${no},13800000000\r\n`).join('')}`);
    await expect(page.getByText('从文件读入 2 个号码')).toBeVisible({ timeout: 1_000 });
  }).toPass();
  await expect(page.locator('textarea[name="group-members"]')).toHaveValue(numbers.join('\n'));
  await file('更多.txt', nobody.join('\n'));
  await expect(page.getByText('从文件读入 150 个号码')).toBeVisible();
  await page.getByRole('button', { name: '保存' }).click();
  await expect(page.getByText('有 150 个号码不是您范围内的客户')).toBeVisible();
  await expect(page.getByText('另有 50 个未列出')).toBeVisible();
  await expect(page.getByText('名单现有 2 位客户')).toBeVisible();
  await accessible(page);
  const [saved] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: '下载全部' }).click()]);
  expect(await readFile(await saved.path(), 'utf8')).toBe(nobody.join('\n'));
  await page.getByRole('button', { name: '复制全部' }).click();
  await expect(page.locator('.toast', { hasText: '已复制' })).toBeVisible();

  // The two together, and what is in them today as a list.
  await page.goto('/groups?new=combined');
  await expect(async () => {
    await page.locator('select[name="group-first"]').selectOption(group);
    await page.locator('select[name="group-joint"]').selectOption('difference');
    await page.getByRole('combobox', { name: '其余各群' }).click();
    await page.getByRole('listbox').getByRole('option').first().click();
    await expect(page.locator('.group-count')).toContainText(/\d+ 位客户/, { timeout: 2000 });
  }).toPass();
  await accessible(page);
  const whole = `组合 ${Date.now()}`;
  await page.locator('input[name="group-name"]').fill(whole);
  await page.getByRole('button', { name: '保存' }).click();
  await page.getByRole('link', { name: whole }).click();
  await expect(page.locator('.rule-words')).toContainText('在首个、不在其余');
  await page.getByRole('button', { name: '固定为名单' }).click();
  await expect(page.getByRole('heading', { level: 2, name: new RegExp(`^${whole} \\d{4}-`) })).toBeVisible();
});

test('a group that was removed by mistake is brought back', async ({ page }) => {
  await logIn(page, 'branch', '/groups');
  const { items } = await (await page.request.get('/api/v1/customers?limit=2')).json();
  const name = `误删 ${Date.now()}`;
  const created = await page.request.post('/api/v1/groups', {
    data: { name, kind: 'static', members: items.map((item: { customer_no: string }) => item.customer_no).join(' ') },
    headers: { 'idempotency-key': crypto.randomUUID(), 'sec-fetch-site': 'same-origin' },
  });
  expect(created.status(), await created.text()).toBe(201);
  const { code } = (await created.json()).group;
  await page.goto(`/groups?edit=${code}`);
  await clickUntil(
    () => page.getByRole('button', { name: '删除' }).click({ timeout: 1_000 }),
    () => expect(page.locator('.toast', { hasText: '客户群已删除' })).toBeVisible({ timeout: 2_000 }),
  );
  await expect(page.getByRole('link', { name })).toHaveCount(0);
  await page.locator('.toast').getByRole('button', { name: '撤销' }).click();
  await expect(page.getByRole('link', { name })).toBeVisible();
  // With its members, under the same code.
  await page.goto(`/customers?group=${code}`);
  await expect(page.locator('tbody tr[role=row]')).toHaveCount(2);
});

test('who entered a state is a list, and an administrator changes what the state means', async ({ page, newSession }) => {
  await logIn(page, 'branch', '/lifecycle');
  const states = page.getByRole('region', { name: '状态' });
  await expect(states.getByRole('row', { name: /流失/ })).toContainText('金融资产较上月末变动 ≤ -50%');
  await expect(page.getByRole('heading', { name: '分层变动' })).toBeVisible();
  await accessible(page);
  await states.getByRole('row', { name: /睡眠/ }).getByRole('link').first().click();
  await expect(page).toHaveURL(/\/customers\?state=dormant/);
  await page.goto('/customers?state=leaving&state_days=90');
  await expect(page.getByRole('button', { name: '进入状态：90 天内' })).toBeVisible();

  const admin = await (await newSession()).newPage();
  await logIn(admin, 'admin', '/lifecycle');
  await admin.getByRole('link', { name: '更改规则' }).click();
  const dormant = admin.locator('#rule-of-dormant');
  await expect(async () => {
    const amount = dormant.locator('.rule-leaf').nth(1).getByLabel('值');
    await amount.fill('0.12万');
    await amount.press('Tab');
    await expect(dormant.locator('.rule-words')).toContainText('< 1200', { timeout: 500 });
  }).toPass();
  await admin.locator('input[name="lifecycle-note"]').fill('门槛略升');
  await accessible(admin);
  await admin.getByRole('button', { name: '保存' }).click();
  await expect(admin.getByText('规则已保存')).toBeVisible();
  await expect(admin.getByRole('region', { name: '以前的规则' })).toContainText('随产品提供');
  await accessible(admin);
});
