import AxeBuilder from '@axe-core/playwright';
import { type APIRequestContext, type Download } from '@playwright/test';
import { clickUntil, enter } from '../support/people';
import { expect, test } from '../support/test';

test.use({ keepsDrafts: true });

test('an executive goes from the bank down to the customers behind a figure', async ({ page }) => {
  await enter(page.request, 'executive');
  await page.goto('/dashboards');
  await expect(page.getByRole('heading', { level: 1 })).toContainText('总行');
  for (const part of ['贡献度', '任务进度', '机构排名', '客户分层', '集中度']) {
    await expect(page.getByRole('heading', { level: 2, name: part })).toBeVisible();
  }
  const progress = page.getByRole('region', { name: '各项指标的实际、目标与预计' });
  await expect(progress.getByRole('rowheader', { name: '拜访次数' })).toBeVisible();

  // A branch, then one of its sub-branches; the address says where one is.
  const ranking = page.getByRole('region', { name: '各机构贡献度与目标' });
  await ranking.getByRole('link').first().click();
  await expect(page).toHaveURL(/\/dashboards\?.*org=/);
  await expect(page.getByRole('heading', { level: 1 })).toContainText('分行');
  await page.reload();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('分行');

  await page.getByRole('region', { name: '各分层客户、资产与贡献度' }).getByRole('link').first().click();
  await expect(page).toHaveURL(/\/customers\?.*tier=/);
  await expect(page.getByRole('link', { name: /./ }).first()).toBeVisible();
});

test('the bank’s units, tiers and managers come to the same contribution', async ({ page }) => {
  await enter(page.request, 'executive');
  const sums: number[] = [];
  for (const level of ['bank', 'unit', 'manager', 'product', 'tier']) {
    const answer = await page.request.get(`/api/v1/contribution?level=${level}`);
    expect(answer.ok()).toBeTruthy();
    const items: { contribution: number }[] = (await answer.json()).items;
    sums.push(items.reduce((sum, item) => sum + item.contribution, 0));
  }
  expect(new Set(sums).size, sums.join(' ')).toBe(1);
});

test('filters are in the address, by keyboard, and figures can be taken along', async ({ page }) => {
  await enter(page.request, 'branch');
  await page.goto('/dashboards/managers');
  const league = page.getByRole('region', { name: '客户经理贡献度、目标与往来' });
  await expect(league).toBeVisible();
  // The mix of tiers is said as well as drawn.
  await expect(league.getByRole('img').first()).toHaveAttribute('aria-label', /\d/);
  const month = page.getByRole('combobox', { name: '月份' });
  await month.focus();
  const before = await month.inputValue();
  await page.keyboard.press('ArrowDown');
  await expect(page).toHaveURL(/month=\d{4}-\d{2}/);
  expect(new URL(page.url()).searchParams.get('month')).not.toBe(before);

  const taken = page.waitForEvent('download');
  await page.getByRole('button', { name: '导出 CSV：排行榜' }).click();
  const file = await (await taken).createReadStream();
  const chunks: Buffer[] = [];
  for await (const chunk of file) chunks.push(chunk as Buffer);
  const csv = Buffer.concat(chunks).toString('utf8');
  expect(csv).toContain('贡献度');
  expect(csv.split('\r\n').length).toBeGreaterThan(3);

  await page.getByRole('region', { name: '客户经理贡献度、目标与往来' }).getByRole('row').nth(1).getByRole('link').first().click();
  await expect(page).toHaveURL(/\/dashboards\/managers\/G\d+/);
  await expect(page.getByRole('heading', { level: 2, name: '客户分层' })).toBeVisible();

  // The month on one sheet of paper, which says who printed it and when.
  await page.getByRole('link', { name: '业绩证书' }).click();
  const sheet = page.getByRole('article', { name: '业绩证书' });
  await expect(sheet).toContainText(/G\d+/);
  await expect(sheet.getByRole('rowheader', { name: '贡献度' })).toBeVisible();
  const accessible = await new AxeBuilder({ page }).analyze();
  expect(accessible.violations.map((violation) => `${violation.id}: ${violation.nodes.map((node) => node.target).join(' ')}`)).toEqual([]);
  await page.emulateMedia({ media: 'print' });
  await expect(sheet.getByText('打印：')).toBeVisible();
  await expect(page.getByRole('button', { name: '打印' })).toBeHidden();
  await page.emulateMedia({ media: null });
});

test('a manager sees the own figures and nobody else’s', async ({ page }) => {
  await enter(page.request, 'manager');
  await page.goto('/dashboards');
  await expect(page.getByRole('heading', { level: 2, name: '客户分层' })).toBeVisible();
  const answer = await page.request.get('/api/v1/managers/performance');
  expect((await answer.json()).items).toHaveLength(1);
});

test('figures of a closed month lead to its customers as they were then, not to those of today', async ({ page }) => {
  await enter(page.request, 'executive');
  await page.goto('/dashboards');
  const tiers = page.getByRole('region', { name: '各分层客户、资产与贡献度' });
  await expect(tiers.getByRole('link').first()).toBeVisible();
  await page.getByRole('combobox', { name: '月份' }).selectOption({ index: 1 });
  await expect(page.getByText('已结账')).toBeVisible();
  await expect(tiers.getByRole('row').nth(1)).toBeVisible();
  await tiers.getByRole('link').first().click();
  await expect(page).toHaveURL(/\/dashboards\/behind\?month=\d{4}-\d{2}.*tier=/);
  const customers = page.getByRole('region', { name: '这个数字由哪些客户组成' });
  await expect(customers.getByRole('row').nth(1)).toBeVisible();
  const found = await new AxeBuilder({ page }).analyze();
  expect(found.violations.map((violation) => `${violation.id}: ${violation.nodes.map((node) => node.target).join(' ')}`)).toEqual([]);
  // Another month of the same question, then somebody in it.
  const asked = new URL(page.url()).search;
  await page.getByRole('combobox', { name: '月份' }).selectOption({ index: 0 });
  await expect(page).toHaveURL((now) => now.pathname === '/dashboards/behind' && now.search.includes('tier=') && now.search !== asked);
  await expect(page.getByText('本月尚未结账')).toBeVisible();
  await customers.getByRole('rowheader').first().getByRole('link').click();
  await expect(page).toHaveURL(/\/customers\/\d+/);
});

test('a tenth of the bank, a step between tiers and what came in lead to whom they count', async ({ page }) => {
  await enter(page.request, 'executive');
  const customers = page.getByRole('region', { name: '这个数字由哪些客户组成' });
  await page.goto('/dashboards/value');
  const tenth = page.getByRole('region', { name: '各十分位的贡献与服务成本' }).getByRole('rowheader').first().getByRole('link');
  await clickUntil(
    () => tenth.click({ timeout: 1_000 }),
    () => expect(page).toHaveURL(/what=decile.*value=1/, { timeout: 3_000 }),
  );
  await expect(page.getByRole('heading', { level: 1 })).toContainText('第 1 档');
  await expect(customers.getByRole('row')).toHaveCount(51);
  await page.getByRole('link', { name: '后面的客户' }).click();
  await expect(page).toHaveURL(/after=/);
  await expect(customers.getByRole('row').nth(1)).toBeVisible();

  await page.goto('/dashboards');
  const flow = page.getByRole('region', { name: '客户从上月分层（行）到本月分层（列）' });
  const step = flow.getByRole('link').first();
  const counted = Number((await step.innerText()).replaceAll(',', ''));
  await step.click();
  await expect(page).toHaveURL(/what=flow/);
  await expect(customers.getByRole('row')).toHaveCount(Math.min(counted, 50) + 1);

  await page.goto('/dashboards');
  await page.getByRole('region', { name: '各项指标的实际、目标与预计' }).getByRole('row', { name: /拜访次数/ }).getByRole('link').first().click();
  await expect(page).toHaveURL(/what=visited/);
  await expect(page.getByRole('heading', { level: 1 })).toContainText('本月拜访过');
});

test('panels are presented one after the other, by keys and by the bar', async ({ page }) => {
  await enter(page.request, 'executive');
  await page.goto('/dashboards');
  const bar = page.getByRole('toolbar', { name: '演示' });
  await clickUntil(
    () => page.getByRole('button', { name: '演示', exact: true }).click(),
    () => expect(bar).toBeVisible({ timeout: 3_000 }),
  );
  const shown = page.locator('.dash-panel:visible');
  await expect(shown).toHaveCount(1);
  await expect(bar.getByRole('status')).toContainText('第 1 张');
  const first = await shown.getByRole('heading', { level: 2 }).first().innerText();
  await page.keyboard.press('PageDown');
  await expect(bar.getByRole('status')).toContainText('第 2 张');
  await expect(shown.getByRole('heading', { level: 2 }).first()).not.toHaveText(first);
  await bar.getByRole('button', { name: '上一张' }).click();
  await expect(shown.getByRole('heading', { level: 2 }).first()).toHaveText(first);
  await bar.getByRole('button', { name: '结束演示' }).click();
  await expect(bar).toBeHidden();
  await expect(shown).not.toHaveCount(1);
});

test('a heat map is taken along as a drawing', async ({ page }) => {
  await enter(page.request, 'executive');
  await page.goto('/dashboards/products');
  const taken: Download[] = [];
  page.on('download', (download) => taken.push(download));
  await clickUntil(
    () => page.getByRole('button', { name: '导出 SVG：产品 × 分层' }).click(),
    () => expect.poll(() => taken.length, { timeout: 3_000 }).toBeGreaterThan(0),
  );
  const chunks: Buffer[] = [];
  for await (const chunk of await taken[0].createReadStream()) chunks.push(chunk as Buffer);
  const svg = Buffer.concat(chunks).toString('utf8');
  expect(svg.startsWith('<svg') && svg.includes('fill-opacity') && svg.endsWith('</svg>')).toBeTruthy();
});

test.describe('on a tablet', () => {
  test.use({ hasTouch: true, viewport: { width: 820, height: 1180 } });

  test('what is tapped is large enough for a finger', async ({ page }) => {
    await enter(page.request, 'executive');
    for (const place of ['/dashboards', '/dashboards/products', '/dashboards/value']) {
      await page.goto(place);
      await expect(page.getByRole('heading', { level: 2 }).first()).toBeVisible();
      const small = await page
        .locator('.dash a.bar-row, .dash .heat td a, .dash-take, .dash-parts a')
        .evaluateAll((all) =>
          all
            .map((one) => ({ box: one.getBoundingClientRect(), words: one.textContent ?? '' }))
            .filter(({ box }) => box.width > 0 && box.height < 43.5)
            .map(({ box, words }) => `${words.trim()} ${box.height}`),
        );
      expect(small.slice(0, 3), place).toEqual([]);
    }
  });
});

test('a target for a month to come is kept while one looks elsewhere, and saved', async ({ page }) => {
  await enter(page.request, 'executive');
  await page.goto('/dashboards/targets');
  await page.getByRole('combobox', { name: '月份' }).selectOption({ index: 0 });
  await expect(page.getByText('尚未核算')).toBeVisible();
  const whole = page.getByRole('textbox', { name: '总目标' });
  await whole.fill('abc');
  await expect(page.getByText('不是金额')).toBeVisible();
  await expect(page.getByRole('button', { name: '保存', exact: true })).toBeDisabled();
  await whole.fill('1200万');
  await page.getByRole('button', { name: '按此前实际分配' }).click();
  await expect(page.getByText('各项合计与总目标一致')).toBeVisible();

  // What is asked for has come before one goes on.
  const look = async (act: () => Promise<unknown>): Promise<void> => {
    const answer = page.waitForResponse('**/api/dashboards/targets');
    await act();
    await (await answer).finished();
  };
  const indicator = page.getByRole('combobox', { name: '指标' });
  await look(() => indicator.selectOption('aum'));
  await expect(page).toHaveURL(/indicator=aum/);
  await expect(whole).toHaveValue('');
  const month = page.getByRole('combobox', { name: '月份' });
  const chosen = await month.inputValue();
  await look(() => month.selectOption({ index: 1 }));
  await expect(page).toHaveURL(/month=.*indicator=aum/);
  await expect(indicator).toHaveValue('aum');
  await look(() => month.selectOption(chosen));
  await expect(page).toHaveURL(new RegExp(`month=${chosen}.*indicator=aum`));
  await look(() => indicator.selectOption('contribution'));
  await expect(whole).toHaveValue('1200万');
  await page.getByRole('button', { name: '保存', exact: true }).click();
  await expect(page.getByText('已存为草稿', { exact: false })).toBeVisible();
  await page.reload();
  await expect(whole).toHaveValue('12000000.00');
  const approval = page.getByRole('region', { name: '审批' });
  await expect(approval.getByRole('status')).toContainText('草稿');

  // Submitted, it waits for another person, who is told where and rejects it with a reason.
  await approval.getByRole('button', { name: '提交审批' }).click();
  await expect(approval.getByRole('status')).toContainText('审批；批准前看板不计');
  await expect(whole).toBeDisabled();
  await expect(approval.getByRole('button', { name: '批准' })).toHaveCount(0);
  const place = page.url();
  await enter(page.request, 'president');
  await page.goto(place);
  const found = await new AxeBuilder({ page }).analyze();
  expect(found.violations.map((violation) => `${violation.id}: ${violation.nodes.map((node) => node.target).join(' ')}`)).toEqual([]);
  await approval.locator('summary', { hasText: '拟变更的指标' }).click();
  await expect(page.getByRole('region', { name: '拟变更的指标' }).getByRole('row').nth(1)).toBeVisible();
  await approval.getByRole('button', { name: '驳回' }).click();
  await expect(approval.getByRole('textbox', { name: '驳回原因' })).toHaveAttribute('aria-invalid', 'true');
  await approval.getByRole('textbox', { name: '驳回原因' }).fill('请先与分行沟通');
  await approval.getByRole('button', { name: '驳回' }).click();
  await expect(approval.getByRole('status')).toContainText('请先与分行沟通');

  // Whoever typed the amounts may not agree to them, whoever submits: it goes back, and the other approves.
  await approval.getByRole('button', { name: '提交审批' }).click();
  await expect(approval.getByRole('status')).toContainText('没有未参与拟定的人可以审批');
  await enter(page.request, 'executive');
  await page.goto(place);
  await expect(approval.getByRole('button', { name: '撤回修改' })).toBeVisible();
  await expect(approval.getByRole('button', { name: '批准' })).toHaveCount(0);
  await approval.getByRole('button', { name: '撤回修改' }).click();
  await approval.getByRole('button', { name: '提交审批' }).click();
  await expect(approval.getByRole('status')).toContainText('批准前看板不计');
  await enter(page.request, 'president');
  await page.goto(place);
  await approval.getByRole('button', { name: '批准' }).click();
  await expect(approval.getByRole('status')).toContainText('批准');
  await expect(whole).toBeEnabled();
  await expect(whole).toHaveValue('12000000.00');
});

test('an administrator pastes a curve, sees it drawn, saves it and takes it back', async ({ page }) => {
  await enter(page.request, 'admin');
  await page.goto('/admin/prices');
  await expect(page.getByRole('heading', { level: 2, name: '资金转移定价曲线' })).toBeVisible();
  await page.getByLabel('币种').selectOption('USD');
  await page.getByLabel('生效日').fill('2030-01-01');
  await page.getByText('从表格粘贴').click();
  const paste = page.getByLabel('期限与利率，每行一点');
  await paste.fill('3 4.1\n12 x');
  await page.getByRole('button', { name: '填入上表' }).click();
  await expect(page.getByText('第 2 行看不懂')).toBeVisible();
  await paste.fill('期限\t利率\n3\t4.1\n1年\t4.25%\n5y\t4.5');
  await page.getByRole('button', { name: '填入上表' }).click();
  const points = page.getByRole('table', { name: '曲线各点' });
  await expect(points.getByRole('textbox', { name: '期限（月）' })).toHaveCount(3);
  await points.getByRole('textbox', { name: '期限（月）' }).nth(1).fill('3');
  await expect(page.getByRole('button', { name: '保存曲线' })).toBeDisabled();
  await points.getByRole('textbox', { name: '期限（月）' }).nth(1).fill('12');
  await page.getByRole('button', { name: '保存曲线' }).click();
  await expect(page.getByText('已保存').first()).toBeVisible();

  const found = await new AxeBuilder({ page }).analyze();
  expect(found.violations.map((violation) => `${violation.id}: ${violation.nodes.map((node) => node.target).join(' ')}`)).toEqual([]);
  await page.getByRole('button', { name: '删除此日曲线' }).click();
  await expect(page.getByRole('button', { name: '删除此日曲线' })).toBeHidden();
});

test('an administrator opens a closed month again with a reason', async ({ page }) => {
  await enter(page.request, 'admin');
  await page.goto('/admin/prices');
  const months = page.getByRole('region', { name: '各月账务' });
  await months.getByRole('button', { name: /^重新打开：/ }).last().click();
  const form = page.getByRole('group', { name: /^重新打开：/ });
  await form.getByRole('button', { name: /^重新打开：/ }).click();
  await expect(form.getByRole('textbox', { name: '重新打开的原因' })).toHaveAttribute('aria-invalid', 'true');
  await form.getByRole('button', { name: '取消' }).click();
  await expect(form).toBeHidden();
});

test('what is held together leads to who holds both', async ({ page }) => {
  await enter(page.request, 'executive');
  await page.goto('/dashboards/products');
  const cross = page.getByRole('region', { name: /^持有行内产品的客户中/ });
  await cross.getByRole('row').nth(1).getByRole('link').nth(1).click();
  await expect(page).toHaveURL(/\/customers\?.*product=[^&]+(,|%2C)[^&]+/);
  await expect(page.getByRole('link', { name: /./ }).first()).toBeVisible();
});

test('balances of one currency are told in it', async ({ page }) => {
  await enter(page.request, 'executive');
  // Others look at the bank under the same name meanwhile: what is to be kept is only listened to.
  const kept: string[] = [];
  await page.route('**/api/account/prefer', async (route) => {
    kept.push(route.request().postData() ?? '');
    await route.fulfill({ json: null });
  });
  await page.goto('/dashboards');
  const currency = page.getByRole('combobox', { name: '币种' });
  await currency.selectOption('USD');
  await expect(page).toHaveURL(/currency=USD/);
  await expect(page.getByText('USD 账户的原币余额', { exact: false })).toBeVisible();
  const products = page.getByRole('region', { name: '按产品' });
  await expect(products.getByRole('row').nth(1)).toBeVisible();
  const found = await new AxeBuilder({ page }).analyze();
  expect(found.violations.map((violation) => `${violation.id}: ${violation.nodes.map((node) => node.target).join(' ')}`)).toEqual([]);
  // A figure leads to whoever has it, a product to its page, which stays in the currency; managers are told in the base currency, which is said.
  await products.getByRole('row').nth(1).getByRole('link').nth(1).click();
  await expect(page).toHaveURL(/\/dashboards\/behind\?.*currency=USD/);
  await expect(page.getByRole('heading', { level: 1 })).toContainText('USD');
  await expect(page.getByRole('region', { name: '这个数字由哪些客户组成' }).getByRole('row').nth(1)).toBeVisible();
  await page.goBack();
  await products.getByRole('rowheader').first().getByRole('link').click();
  await expect(page).toHaveURL(/\/dashboards\/products\/.*currency=USD/);
  await expect(page.getByText('USD 账户的原币余额', { exact: false })).toBeVisible();
  await page.getByRole('navigation', { name: '看板' }).getByRole('link', { name: '客户经理', exact: true }).click();
  await expect(page.getByText('不是只看 USD', { exact: false })).toBeVisible();

  // It is kept for the next time, until everything is chosen again.
  expect(kept.at(-1)).toContain('USD');
  await page.goto('/dashboards?currency=USD');
  await currency.selectOption({ index: 0 });
  await expect(page).not.toHaveURL(/currency=/);
  await expect.poll(() => kept.at(-1)).not.toContain('USD');
});

test('movers are told by what one chooses, and the address says which', async ({ page }) => {
  await enter(page.request, 'executive');
  await page.goto('/dashboards');
  const by = page.getByRole('navigation', { name: '增减的口径' });
  const deposits = by.getByRole('link', { name: '存款', exact: true });
  await clickUntil(
    () => deposits.click({ timeout: 1_000 }),
    () => expect(deposits).toHaveAttribute('aria-current', 'true', { timeout: 3_000 }),
  );
  await expect(page).toHaveURL(/movers=deposits/);
  await expect(page.getByText('存款较上月增减最多的机构').first()).toBeVisible();
  await page.reload();
  await expect(deposits).toHaveAttribute('aria-current', 'true');
  await page.getByRole('combobox', { name: '月份' }).selectOption({ index: 1 });
  await expect(page).toHaveURL(/month=.*movers=deposits/);
});

test('a product has targets of its own, and its page tells who reaches them', async ({ page }) => {
  await enter(page.request, 'executive');
  await page.goto('/dashboards/products');
  const progress = page.getByRole('region', { name: '各产品的目标、实际与预计' });
  await progress.getByRole('rowheader').first().getByRole('link').click();
  await expect(page).toHaveURL(/\/dashboards\/products\/[^?]+/);
  const targets = page.getByRole('region', { name: '本产品在机构与客户经理的目标、实际与预计' });
  await expect(targets.getByRole('row').nth(2)).toBeVisible();
  const found = await new AxeBuilder({ page }).analyze();
  expect(found.violations.map((violation) => `${violation.id}: ${violation.nodes.map((node) => node.target).join(' ')}`)).toEqual([]);

  // The target leads to its sheet, where the product and one of its indicators are chosen; all products together have others.
  await targets.getByRole('row').nth(1).getByRole('link').last().click();
  await expect(page).toHaveURL(/\/dashboards\/targets\?.*product=[^&]+.*indicator=/);
  const product = page.getByRole('combobox', { name: '产品', exact: true });
  const indicator = page.getByRole('combobox', { name: '指标', exact: true });
  await expect(product).not.toHaveValue('');
  await clickUntil(
    async () => void (await indicator.selectOption('holders')),
    () => expect(page).toHaveURL(/indicator=holders/, { timeout: 3_000 }),
  );
  await product.selectOption('');
  await expect(page).not.toHaveURL(/product=/);
  await expect(indicator).toHaveValue('contribution');
});

test('a product tells how it is sold, to whom and by whom, and an administrator says so', async ({ page }) => {
  await enter(page.request, 'executive');
  await page.goto('/dashboards/products');
  await expect(page.getByRole('region', { name: /^各年龄段个人客户/ })).toBeVisible();
  await page.getByRole('region', { name: /^各产品的持有客户/ }).getByRole('rowheader').first().getByRole('link').click();
  await expect(page).toHaveURL(/\/dashboards\/products\/[^?]+/);
  for (const part of ['产品说明', '营销话术', '适当性', '办理最好的机构', '办理最好的客户经理', '产品 × 年龄']) {
    await expect(page.getByRole('heading', { level: 2, name: part })).toBeVisible();
  }
  const found = await new AxeBuilder({ page }).analyze();
  expect(found.violations.map((violation) => `${violation.id}: ${violation.nodes.map((node) => node.target).join(' ')}`)).toEqual([]);
  const code = /products\/([^?]+)/.exec(page.url())?.[1];

  await enter(page.request, 'admin');
  await page.goto(`/admin/products?code=${code}`);
  const script = page.getByRole('textbox', { name: '营销话术' });
  const before = await script.inputValue();
  await script.fill(`${before}\n先听后说。`);
  await page.getByRole('button', { name: '保存', exact: true }).click();
  await expect(page.getByText('话术已保存')).toBeVisible();
  await expect(page.locator('details').first()).toBeVisible();
  await enter(page.request, 'manager');
  await page.goto(`/dashboards/products/${code}`);
  await expect(page.getByText('先听后说。')).toBeVisible();
});

test('a month that was never computed is said, not shown as zero', async ({ page }) => {
  await enter(page.request, 'executive');
  const answer = await page.request.get('/api/v1/managers/performance?month=1999-01');
  expect([answer.status(), (await answer.json()).code]).toEqual([404, 'month_not_computed']);
});

test('units are tiles that lead to them, and lines can be taken away and cut to a range', async ({ page }) => {
  await enter(page.request, 'executive');
  await page.goto('/dashboards');
  await expect(page.getByRole('heading', { level: 2, name: '增减最多的机构' })).toBeVisible();
  await expect(page.getByRole('region', { name: '客户从上月分层（行）到本月分层（列）' })).toBeVisible();

  const loans = page.getByRole('button', { name: '贷款', exact: true });
  await expect(loans).toHaveAttribute('aria-pressed', 'true');
  await loans.click();
  await expect(loans).toHaveAttribute('aria-pressed', 'false');
  const from = page.getByRole('slider', { name: /^自 / }).last();
  await from.focus();
  const before = await from.getAttribute('aria-valuetext');
  await page.keyboard.press('ArrowRight');
  await expect(from).not.toHaveAttribute('aria-valuetext', before ?? '');

  await page.locator('.treemap a').first().click();
  await expect(page).toHaveURL(/org=/);
  await expect(page.getByRole('heading', { level: 1 })).toContainText('分行');
});

test('a course of months is cut by drawing over it, and made whole again', async ({ page }) => {
  await enter(page.request, 'executive');
  await page.goto('/dashboards');
  const panel = page.locator('.dash-panel').filter({ has: page.getByRole('slider', { name: '资产、存款与贷款，月末余额' }) });
  const plot = panel.getByRole('slider', { name: '资产、存款与贷款，月末余额' });
  const last = async (): Promise<number> => Number(await plot.getAttribute('aria-valuemax'));
  const months = await last();
  await plot.scrollIntoViewIfNeeded();
  await expect(async () => {
    const { x, y, width, height } = (await plot.boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
    await page.mouse.move(x + width * 0.25, y + height / 2);
    await page.mouse.down();
    await page.mouse.move(x + width * 0.75, y + height / 2, { steps: 4 });
    await page.mouse.up();
    expect(await last()).toBeLessThan(months);
  }).toPass();
  const whole = panel.getByRole('button', { name: '全部日期' });
  await whole.click();
  await expect(plot).toHaveAttribute('aria-valuemax', String(months));
  await expect(whole).toBeDisabled();
});

test('legends take away bars and kinds of dots, and a dot that is read by keys is opened by Enter', async ({ page }) => {
  await enter(page.request, 'executive');
  await page.goto('/dashboards/value');
  const bars = page.locator('.bar-row.group .bar svg').first().locator('rect');
  await expect(bars).toHaveCount(2);
  const cost = page.getByRole('button', { name: '服务成本', exact: true });
  await clickUntil(
    () => cost.click({ timeout: 1_000 }),
    () => expect(bars).toHaveCount(1, { timeout: 1_000 }),
  );
  await expect(cost).toHaveAttribute('aria-pressed', 'false');

  await page.goto('/dashboards/managers');
  const plot = page.getByRole('slider', { name: '各客户经理本月的联系次数与贡献度' });
  await clickUntil(
    () => plot.press('Home'),
    () => expect(plot).toHaveAttribute('aria-valuetext', /: 联系次数 /, { timeout: 1_000 }),
  );
  const first = await plot.getAttribute('aria-valuetext');
  await plot.press('ArrowRight');
  await expect(plot).not.toHaveAttribute('aria-valuetext', first ?? '');
  await plot.press('Enter');
  await expect(page).toHaveURL(/\/dashboards\/managers\/[^/?]+/);
});

test('the flow between tiers is drawn, and leaves the page with its colours', async ({ page }) => {
  await enter(page.request, 'executive');
  await page.goto('/dashboards');
  await expect(page.locator('.flow path').first()).toBeAttached();
  const taken: Download[] = [];
  page.on('download', (download) => taken.push(download));
  await clickUntil(
    () => page.getByRole('button', { name: '导出 SVG：分层迁移' }).click(),
    () => expect.poll(() => taken.length, { timeout: 3_000 }).toBeGreaterThan(0),
  );
  const chunks: Buffer[] = [];
  for await (const chunk of await taken[0].createReadStream()) chunks.push(chunk as Buffer);
  const svg = Buffer.concat(chunks).toString('utf8');
  expect(svg).toContain('→');
  expect(svg.includes('#b3260e') || svg.includes('#11644c') || svg.includes('#e1e0da')).toBeTruthy();
  expect(svg).not.toContain('var(');
});

test('a drawing is taken along as a picture', async ({ page }) => {
  await enter(page.request, 'executive');
  await page.goto('/dashboards');
  const taken: Download[] = [];
  page.on('download', (download) => taken.push(download));
  await clickUntil(
    () => page.getByRole('button', { name: '导出 PNG：机构版图' }).click(),
    () => expect.poll(() => taken.length, { timeout: 3_000 }).toBeGreaterThan(0),
  );
  const chunks: Buffer[] = [];
  for await (const chunk of await taken[0].createReadStream()) chunks.push(chunk as Buffer);
  expect(Buffer.concat(chunks).subarray(1, 4).toString('latin1')).toBe('PNG');
});

test('what is pinned stands on the own page, and the unit that was chosen is chosen the next time', async ({ page }) => {
  // Most look at the bank under another name.
  await enter(page.request, 'president');
  await page.goto('/dashboards/home');
  await expect(page.getByText('还没有固定的图表')).toBeVisible();
  await page.goto('/dashboards/value');
  const pin = page.getByRole('button', { name: '固定到我的看板：价值分布' });
  const kept = page.waitForResponse((answer) => answer.url().includes('account/prefer'));
  await pin.click();
  await expect(pin).toHaveAttribute('aria-pressed', 'true');
  await kept;
  await page.goto('/dashboards/home');
  await expect(page.getByRole('heading', { level: 2, name: '价值分布' })).toBeVisible();
  await expect(page.getByRole('heading', { level: 2 })).toHaveCount(1);

  const unit = page.getByRole('combobox', { name: '机构' });
  const filtered = page.waitForResponse((answer) => answer.url().includes('account/prefer'));
  await unit.selectOption({ index: 1 });
  await filtered;
  const chosen = await unit.inputValue();
  await page.goto('/dashboards');
  await expect(page).toHaveURL(new RegExp(`org=${chosen}`));
  // Back to everything, so that nobody else finds it.
  const cleared = page.waitForResponse((answer) => answer.url().includes('account/prefer'));
  await page.getByRole('combobox', { name: '机构' }).selectOption({ index: 0 });
  await cleared;
  await page.goto('/dashboards/home');
  const unpinned = page.waitForResponse((answer) => answer.url().includes('account/prefer'));
  await page.getByRole('button', { name: '固定到我的看板：价值分布' }).click();
  await unpinned;
});

test('a score opens into what it was counted from, and managers are compared', async ({ page, browserConsole }) => {
  browserConsole.expect(/422/);
  await enter(page.request, 'branch');
  await page.goto('/dashboards/managers');
  const league = page.getByRole('region', { name: '客户经理贡献度、目标与往来' });
  await league.getByRole('checkbox').nth(0).check();
  await page.getByRole('button', { name: '对比所选（2–5 位）' }).click();
  await expect(page.getByText('请选择 2 至 5 位客户经理')).toBeVisible();
  await page.goBack();
  await league.getByRole('checkbox').nth(0).check();
  await league.getByRole('checkbox').nth(1).check();
  await page.getByRole('button', { name: '对比所选（2–5 位）' }).click();
  await expect(page).toHaveURL(/compare\?.*m=.*m=/);
  await expect(page.getByRole('region', { name: '逐项对比' }).getByRole('columnheader')).toHaveCount(2);
  // Another month, and a tier, of the same two.
  await page.getByRole('combobox', { name: '月份' }).selectOption({ index: 1 });
  await expect(page).toHaveURL(/month=.*m=.*m=/);
  await expect(page.getByRole('region', { name: '逐项对比' }).getByRole('columnheader')).toHaveCount(2);

  await page.goto('/dashboards/managers');
  await league.getByRole('row').nth(1).getByRole('link').first().click();
  await expect(page.getByRole('region', { name: '四个阶段的过程评分，按项目' })).toBeVisible();
  await page.getByText('看明细：联系到的客户').click();
  await page.getByRole('region', { name: '联系到的客户' }).getByRole('link').first().click();
  await expect(page).toHaveURL(/\/customers\/\d+/);
});

test('nothing stands in the way of assistive technology on a manager and on a comparison', async ({ page }) => {
  test.setTimeout(120_000);
  await enter(page.request, 'branch');
  await page.goto('/dashboards/managers');
  const league = page.getByRole('region', { name: '客户经理贡献度、目标与往来' });
  const codes = await league.getByRole('checkbox').evaluateAll((boxes) => boxes.slice(0, 2).map((box) => (box as HTMLInputElement).value));
  for (const place of [`/dashboards/managers/${codes[0]}`, `/dashboards/managers/compare?m=${codes[0]}&m=${codes[1]}`]) {
    await page.goto(place);
    await expect(page.getByRole('heading', { level: 2 }).first()).toBeVisible();
    const found = await new AxeBuilder({ page }).analyze();
    expect(found.violations.map((violation) => `${violation.id}: ${violation.nodes.map((node) => node.target).join(' ')}`)).toEqual([]);
  }
});

test('an administrator says what a stage is worth', async ({ page }) => {
  await enter(page.request, 'admin');
  await page.goto('/admin/scoring');
  const weight = page.getByRole('textbox', { name: '客户资料完整度 · 权重' });
  await weight.fill('x');
  await expect(page.getByText('0 至 1000 的整数')).toBeVisible();
  await expect(page.getByRole('button', { name: '保存', exact: true })).toBeDisabled();
  await weight.fill('25');
  await page.getByRole('button', { name: '保存', exact: true }).click();
  await expect(page.getByText('评分参数已保存')).toBeVisible();
  await page.reload();
  await expect(weight).toHaveValue('25');
  const found = await new AxeBuilder({ page }).analyze();
  expect(found.violations.map((violation) => `${violation.id}: ${violation.nodes.map((node) => node.target).join(' ')}`)).toEqual([]);
  await weight.fill('20');
  await page.getByRole('button', { name: '保存', exact: true }).click();
  await expect(page.getByText('评分参数已保存').last()).toBeVisible();
});

for (const place of ['', '/home', '/managers', '/products', '/value', '/targets']) {
  test(`nothing stands in the way of assistive technology on /dashboards${place}`, async ({ page }) => {
    // The heat maps of products are thousands of cells, each looked at for its contrast.
    test.setTimeout(240_000);
    await enter(page.request, 'executive');
    await page.goto(`/dashboards${place}`);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    const found = await new AxeBuilder({ page }).analyze();
    expect(found.violations.map((violation) => `${violation.id}: ${violation.nodes.map((node) => node.target).join(' ')}`)).toEqual([]);
  });
}
