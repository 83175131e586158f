import { accessible, clickUntil, logIn } from '../support/people';
import { expect, test } from '../support/test';

test('a tier is changed by one, published by another, and explained to a manager', async ({ page, newSession }) => {
  test.setTimeout(240_000);
  await logIn(page, 'admin', '/tiers?scheme=corporate');
  await expect(page.getByRole('heading', { level: 1, name: '客户分层' })).toBeVisible();
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
  await page.getByRole('link', { name: '客户价值', exact: true }).click();
  await expect(page.getByText('没有客户群口径')).toBeVisible();

  await page.goto('/groups?new=static');
  // The page is alive once the button answers.
  await expect(async () => {
    await page.locator('input[name="group-name"]').fill(`名单 ${Date.now()}`);
    await page.locator('textarea[name="group-members"]').fill('123456 000000999995');
    await page.getByRole('button', { name: '保存' }).click();
    await expect(page.locator('.group-unknown')).toContainText('123456', { timeout: 1000 });
  }).toPass();

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
