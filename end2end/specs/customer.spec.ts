import { type APIRequestContext, type Page } from '@playwright/test';
import { clickUntil, enter } from '../support/people';
import { expect, test } from '../support/test';

interface Item {
  customer_no: string;
  name: string;
}

async function customers(request: APIRequestContext): Promise<Item[]> {
  const answer = await request.get('/api/v1/customers?limit=100');
  expect(answer.ok()).toBeTruthy();
  return (await answer.json()).items;
}

/** The nth of those whom the one logged in serves: every test has one of its own. */
async function own(page: Page, nth: number): Promise<Item> {
  const item = (await customers(page.request))[nth];
  expect(item).toBeDefined();
  return item as Item;
}

/** Waits until the page answers to the keyboard. */
async function open(page: Page, customer: Item): Promise<void> {
  const answer = await page.goto(`/customers/${customer.customer_no}`);
  expect(answer?.status()).toBe(200);
  await expect(page.getByRole('heading', { level: 1, name: customer.name })).toBeVisible();
  const sheet = page.getByRole('dialog', { name: '记录联系' });
  await clickUntil(
    () => page.keyboard.press('c'),
    () => expect(sheet).toBeVisible({ timeout: 500 }),
  );
  await page.keyboard.press('Escape');
  await expect(sheet).toBeHidden();
}

/** Opens a field's editor and types into it. */
async function edit(page: Page, field: string, text: string): Promise<void> {
  await page.locator(`#field-${field}`).focus();
  await page.keyboard.press('F2');
  await page.locator(`#edit-${field}`).fill(text);
}

test('a customer is found by two characters of the name and opened', async ({ page }) => {
  await enter(page.request, 'manager');
  const named = (await customers(page.request)).find((item) => /^[\u4e00-\u9fff]{2,4}$/.test(item.name));
  expect(named).toBeDefined();
  const customer = named as Item;
  await page.goto('/customers');
  await page.getByRole('searchbox', { name: '查找客户' }).fill(customer.name.slice(-2));
  await expect(page).toHaveURL(/[?&]q=/);
  const row = page.locator('#customers tbody tr[role="row"]', { hasText: customer.name });
  await row.first().getByRole('link', { name: customer.name }).click();
  await expect(page).toHaveURL(/\/customers\/\d+/);
  await expect(page.getByRole('heading', { level: 1, name: customer.name })).toBeVisible();
  for (const part of ['持有产品', '余额走势', '交易流水', '往来时间线', '关系', '待办', '基本资料', '资料文件']) {
    await expect(page.getByRole('heading', { level: 2, name: part })).toBeVisible();
  }
});

test('a contact is logged by keyboard; its next step is a task, done and taken back', async ({ page }) => {
  await enter(page.request, 'manager');
  await open(page, await own(page, 1));
  const said = `核实手机号码 ${Date.now()}`;
  const step = `寄送产品说明书 ${Date.now()}`;
  await page.keyboard.press('c');
  await expect(page.getByLabel('说了什么')).toBeFocused();
  await page.keyboard.type(said);
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await page.keyboard.type(step);
  const day = page.locator('.field', { has: page.locator('#f-next_on') });
  await page.locator('#f-next_on').fill('2027-10-01');
  await expect(day).toContainText('国庆节 · 法定节假日');
  await page.getByRole('button', { name: '下周' }).click();
  await page.keyboard.press('Control+Enter');
  await expect(page.locator('#timeline')).toContainText(said);
  const tasks = page.locator('#tasks');
  await expect(tasks).toContainText(step);

  // Not `check`: the ticked task leaves the list, sooner than its state could be read.
  await tasks.getByRole('checkbox', { name: `完成：${step}` }).click();
  await expect(tasks).not.toContainText(step);
  await page.getByRole('button', { name: '撤销' }).click();
  await expect(tasks).toContainText(step);
  await page.reload();
  await expect(page.locator('#timeline')).toContainText(said);
  await expect(page.locator('#tasks')).toContainText(step);
});

test.describe('a draft', () => {
  test.use({ keepsDrafts: true });

  test('what was typed and not saved is there again', async ({ page, browserConsole }) => {
    browserConsole.expect(/ERR_INTERNET_DISCONNECTED|Failed to load resource|Failed to fetch/);
    await enter(page.request, 'manager');
    await open(page, await own(page, 2));
    await page.keyboard.press('c');
    await page.getByLabel('说了什么').fill('客户询问大额存单');
    await page.context().setOffline(true);
    await page.keyboard.press('Control+Enter');
    await expect(page.getByText('网络不通')).toBeVisible();
    await page.context().setOffline(false);
    await page.reload();
    await expect(page.getByRole('heading', { level: 2, name: '往来时间线' })).toBeVisible();
    await page.getByRole('button', { name: '记录联系' }).click();
    await expect(page.getByLabel('说了什么')).toHaveValue('客户询问大额存单');
    await page.keyboard.press('Control+Enter');
    await expect(page.locator('#timeline')).toContainText('客户询问大额存单');
  });
});

test('a field is edited, checked, and undone', async ({ page }) => {
  await enter(page.request, 'manager');
  await open(page, await own(page, 3));
  const row = page.locator('#row-remark');
  const words = `常驻外地，周末联系 ${Date.now()}`;
  await edit(page, 'remark', words);
  await page.keyboard.press('Control+Enter');
  await expect(row).toContainText(words);
  await expect(page.locator('#field-remark')).toBeFocused();
  await page.getByRole('button', { name: '撤销' }).click();
  await expect(row).not.toContainText(words);
  // The button that had the focus is gone; the focus is not.
  await expect.poll(() => page.evaluate(() => document.activeElement !== document.body)).toBe(true);

  await edit(page, 'remark', words);
  await page.keyboard.press('Control+Enter');
  await expect(row).toContainText(words);
  await expect(page.locator('#field-remark')).toBeFocused();
  await page.keyboard.press('Control+z');
  await expect(row).not.toContainText(words);

  await edit(page, 'remark', '不要了');
  await page.keyboard.press('Escape');
  await expect(row).not.toContainText('不要了');
});

test('an edit is taken back after its page was left, and nobody else’s is', async ({ page, newSession, browserConsole }) => {
  browserConsole.expect(/412/);
  await enter(page.request, 'manager');
  const customer = await own(page, 12);
  const shown = async (): Promise<string | null> => (await (await page.request.get(`/api/v1/customers/${customer.customer_no}`)).json()).profile.remark;
  const write = async (words: string): Promise<void> => {
    await open(page, customer);
    await edit(page, 'remark', words);
    await page.keyboard.press('Control+Enter');
    await expect(page.locator('#row-remark')).toContainText(words);
  };
  const leave = async (): Promise<void> => {
    await page.locator('.rail a[href="/customers"]').click();
    await expect(page.locator('#customers tbody tr[role="row"]').first()).toBeVisible();
  };
  const words = `周末勿扰 ${Date.now()}`;
  await write(words);
  await leave();
  await page.getByRole('button', { name: '撤销' }).click();
  await expect(page.getByText('已恢复原值')).toBeVisible();
  expect(await shown()).not.toBe(words);
  // The page answers as before.
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog', { name: '快捷键' })).toBeVisible();

  // What somebody else wrote since stays.
  await write(words);
  await leave();
  // Pointed at, the offer stays.
  await page.locator('.toast').last().hover();
  const other = await (await newSession()).newPage();
  await enter(other.request, 'branch');
  await open(other, customer);
  const theirs = `行长改过 ${Date.now()}`;
  await edit(other, 'remark', theirs);
  await other.keyboard.press('Control+Enter');
  await expect(other.locator('#row-remark')).toContainText(theirs);
  await page.keyboard.press('Control+z');
  await expect(page.getByText('此后又有修改')).toBeVisible();
  expect(await shown()).toBe(theirs);
});

test('two people edit the same field: both versions are shown, and the choice is kept', async ({ page, newSession, browserConsole }) => {
  browserConsole.expect(/412/);
  await enter(page.request, 'manager');
  const customer = await own(page, 4);
  const other = await (await newSession()).newPage();
  await enter(other.request, 'branch');
  await open(page, customer);
  await open(other, customer);

  await edit(other, 'remark', '行长写的备注');
  await other.keyboard.press('Control+Enter');
  await expect(other.locator('#row-remark')).toContainText('行长写的备注');

  await edit(page, 'remark', '客户经理写的备注');
  await page.keyboard.press('Control+Enter');
  const dialog = page.getByRole('dialog', { name: '他人已先修改' });
  await expect(dialog).toContainText('行长写的备注');
  await expect(dialog).toContainText('客户经理写的备注');
  await dialog.getByRole('button', { name: '按选择保存' }).click();
  await expect(page.locator('#row-remark')).toContainText('客户经理写的备注');
  await other.reload();
  await expect(other.locator('#row-remark')).toContainText('客户经理写的备注');
});

test('two people change the same contact: both versions are shown, and what was typed is kept', async ({ page, newSession, browserConsole }) => {
  browserConsole.expect(/412/);
  await enter(page.request, 'manager');
  const customer = await own(page, 9);
  const other = await (await newSession()).newPage();
  await enter(other.request, 'branch');
  await open(page, customer);
  const dialog = (of: Page) => of.getByRole('dialog', { name: /联系方式或证件/ });
  const website = (of: Page) => of.locator('#contacts dl > div').filter({ hasText: '网站' });
  const change = (of: Page) => of.getByRole('button', { name: '修改：网站' }).click();
  await page.locator('#contacts').getByRole('button', { name: '添加' }).click();
  await dialog(page).getByLabel('种类').selectOption('website');
  await dialog(page).getByLabel('内容').fill('https://first.example');
  await dialog(page).getByRole('button', { name: '保存' }).click();
  await expect(website(page)).toBeVisible();
  await open(other, customer);

  await change(page);
  await dialog(page).getByLabel('内容').fill('https://manager.example');
  await change(other);
  await dialog(other).getByLabel('内容').fill('https://branch.example');
  await dialog(other).getByRole('button', { name: '保存' }).click();
  await expect(website(other)).toContainText('branch.example');

  await dialog(page).getByRole('button', { name: '保存' }).click();
  const both = page.getByRole('dialog', { name: '他人已先修改' });
  for (const version of ['first.example', 'branch.example', 'manager.example']) {
    await expect(both.locator('table')).toContainText(version);
  }
  await expect(both.getByLabel('内容')).toHaveValue('https://manager.example');
  await both.getByRole('button', { name: '按选择保存' }).click();
  await expect(website(page)).toContainText('manager.example');
  await other.reload();
  await expect(website(other)).toContainText('manager.example');
});

test('a masked value is shown for a reason, and hides again', async ({ page }) => {
  await enter(page.request, 'manager');
  await open(page, await own(page, 5));
  const mobile = page.locator('#contacts .c360-masked').first();
  await expect(mobile).toContainText('****');
  await mobile.getByRole('button', { name: '显示' }).click();
  const dialog = page.getByRole('dialog', { name: '显示完整信息' });
  await dialog.getByLabel('原因', { exact: false }).last().fill('短');
  await dialog.getByRole('button', { name: '显示' }).click();
  await expect(dialog.getByText('至少 5 个字符')).toBeVisible();
  await dialog.getByRole('button', { name: '核实客户身份信息' }).click();
  await dialog.getByRole('button', { name: '显示' }).click();
  await expect(mobile).not.toContainText('*');
  await mobile.getByRole('button', { name: '隐藏' }).click();
  await expect(mobile).toContainText('****');
});

test('transactions are filtered', async ({ page }) => {
  await enter(page.request, 'manager');
  await open(page, await own(page, 0));
  const booked = page.locator('#transactions');
  await booked.scrollIntoViewIfNeeded();
  await expect(booked.locator('tbody tr').nth(1)).toBeVisible();
  await booked.getByLabel('摘要、对方').fill('没有这样的摘要');
  await page.keyboard.press('Enter');
  await expect(booked.getByText('没有符合条件的交易')).toBeVisible();
  await booked.getByRole('button', { name: '清除条件' }).first().click();
  await expect(booked.locator('tbody tr').nth(1)).toBeVisible();
});

test('the first paint has the newest transactions, before any script', async ({ browser, baseURL }) => {
  const context = await browser.newContext({ javaScriptEnabled: false, baseURL, locale: 'zh-CN' });
  await enter(context.request, 'manager');
  const page = await context.newPage();
  const customer = await own(page, 0);
  await page.goto(`/customers/${customer.customer_no}`);
  await expect(page.locator('#transactions tbody tr').nth(1)).toBeVisible();
  await expect(page.locator('.c360-standing p').first()).toBeVisible();
  await context.close();
});

test('transactions are found by the words that are shown', async ({ page }) => {
  await enter(page.request, 'manager');
  await open(page, await own(page, 0));
  const booked = page.locator('#transactions');
  await booked.scrollIntoViewIfNeeded();
  const title = booked.locator('tbody tr:not(.c360-group) th > span:first-child').first();
  const words = await title.innerText();
  await booked.getByLabel('摘要、对方').fill(words);
  await page.keyboard.press('Enter');
  await expect(booked.getByRole('button', { name: '清除条件' }).first()).toBeVisible();
  await expect(booked.locator('tbody tr:not(.c360-group)').first()).toContainText(words);
});

test('a task is made by hand, dropped, and taken back', async ({ page }) => {
  await enter(page.request, 'manager');
  await open(page, await own(page, 6));
  const tasks = page.locator('#tasks');
  const what = `约见财务总监 ${Date.now()}`;
  await tasks.getByRole('button', { name: '添加' }).click();
  await expect(tasks.getByLabel('做什么')).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(tasks.getByText('必填')).toBeVisible();
  await page.keyboard.type(what);
  await page.keyboard.press('Enter');
  await expect(tasks.getByRole('checkbox', { name: `完成：${what}` })).toBeVisible();
  await expect(tasks.getByLabel('做什么')).toHaveCount(0);

  await tasks.getByRole('button', { name: `取消：${what}` }).click();
  await expect(tasks).not.toContainText(what);
  await expect(page.locator('#timeline')).toContainText(`取消待办：${what}`);
  await page.getByRole('button', { name: '撤销' }).click();
  await expect(tasks).toContainText(what);
});

test('yesterday’s visit is logged for yesterday', async ({ page }) => {
  await enter(page.request, 'manager');
  await open(page, await own(page, 7));
  const said = `昨天上门 ${Date.now()}`;
  await page.keyboard.press('c');
  const sheet = page.getByRole('dialog', { name: '记录联系' });
  await sheet.getByRole('button', { name: '上门拜访' }).click();
  await sheet.getByRole('button', { name: '昨天' }).click();
  await sheet.getByLabel('时间').fill('09:30');
  await sheet.getByLabel('说了什么').fill(said);
  const day = await sheet.getByRole('textbox', { name: '日期' }).inputValue();
  await page.keyboard.press('Control+Enter');
  await expect(page.locator('#timeline li').filter({ hasText: said })).toContainText(`${day} 09:30`);
});

test('a contact and a paper are changed and removed', async ({ page }) => {
  await enter(page.request, 'manager');
  await open(page, await own(page, 8));
  const contacts = page.locator('#contacts');
  const dialog = page.getByRole('dialog', { name: /联系方式或证件/ });
  await contacts.getByRole('button', { name: '添加' }).click();
  await dialog.getByLabel('种类').selectOption('wechat');
  await dialog.getByLabel('内容').fill('wx_old_name');
  await dialog.getByRole('button', { name: '保存' }).click();
  const row = contacts.locator('dl > div').filter({ hasText: '微信' });
  await expect(row).toBeVisible();

  await row.getByRole('button', { name: '修改：微信' }).click();
  await expect(dialog.getByLabel('种类')).toBeDisabled();
  await dialog.getByLabel('设为首选').check();
  await dialog.getByRole('button', { name: '保存' }).click();
  await expect(row).toContainText('首选');

  await row.getByRole('button', { name: '修改：微信' }).click();
  await dialog.getByRole('button', { name: '删除' }).click();
  await dialog.getByRole('button', { name: '确认删除' }).click();
  await expect(row).toHaveCount(0);

  const paper = contacts.locator('dl > div').filter({ hasText: /居民身份证|统一社会信用代码/ }).first();
  await paper.getByRole('button', { name: /^修改：/ }).click();
  await dialog.getByLabel('到期').fill('2046-05-31');
  await dialog.getByRole('button', { name: '保存' }).click();
  await expect(paper).toContainText('2046-05-31');
  await expect(page.locator('#timeline')).toContainText('有效期变更');
});

interface Whole {
  customer_no: string;
  relations: { kind: string; to: { name: string; customer_no: string | null }; step: number }[];
  documents: { title: string }[];
  balances: { month: string; aum: number }[];
  cards: unknown[];
}

/** The first of the customers that an executive sees of whom this holds. */
async function whole(request: APIRequestContext, query: string, holds: (one: Whole) => boolean): Promise<Whole> {
  const answer = await request.get(`/api/v1/customers?limit=100&${query}`);
  for (const item of (await answer.json()).items as Item[]) {
    const one = await (await request.get(`/api/v1/customers/${item.customer_no}`)).json();
    if (holds(one)) {
      return one;
    }
  }
  throw new Error('nobody of the demo bank is such a customer');
}

test('relations are a graph to two steps, each party with where it is known from, and the same as a list', async ({ page }) => {
  await enter(page.request, 'executive');
  const one = await whole(page.request, 'kind=corporate', (found) => found.relations.some((relation) => relation.step === 2));
  await page.goto(`/customers/${one.customer_no}`);
  const part = page.locator('#relations');
  await part.scrollIntoViewIfNeeded();
  const nodes = part.locator('.graph-node');
  await expect(part.locator('.graph svg path').first()).toBeAttached();
  const wide = await nodes.count();
  const steps = part.getByRole('group').first();
  await expect(async () => {
    await steps.getByRole('button').first().click();
    expect(await nodes.count()).toBeLessThan(wide);
  }).toPass();
  await steps.getByRole('button').last().click();
  await expect(nodes).toHaveCount(wide);
  const near = one.relations.find((relation) => relation.step === 1);
  await expect(part.locator('.graph-node', { hasText: near?.to.name ?? '' }).first()).toHaveAttribute('title', /来源：.+20\d\d/);

  await part.getByRole('button', { name: '列表' }).click();
  const rows = part.locator('tbody tr');
  await expect(rows).toHaveCount(one.relations.length);
  await expect(rows.first()).toHaveAttribute('title', /来源：/);
  await rows.getByRole('link', { name: near?.to.name ?? '' }).first().click();
  await expect(page).toHaveURL(new RegExp(`/customers/${near?.to.customer_no}`));
});

test('the chart tells a month’s figures under the pointer, and of the range that is asked for', async ({ page }) => {
  await enter(page.request, 'manager');
  await open(page, await own(page, 0));
  const part = page.locator('#balances');
  await part.scrollIntoViewIfNeeded();
  const chart = part.locator('svg').first();
  await expect(chart).toBeVisible();
  const box = await chart.boundingBox();
  expect(box).not.toBeNull();
  const { x, y, width, height } = box as { x: number; y: number; width: number; height: number };
  const before = await part.innerText();
  await expect(async () => {
    await page.mouse.move(x + width / 2 + Math.random(), y + height / 2);
    expect(await part.innerText()).not.toBe(before);
  }).toPass();
  await page.mouse.move(0, 0);
  const marks = (): Promise<string> => chart.evaluate((svg) => svg.outerHTML);
  const long = await marks();
  await part.getByRole('button', { name: '6 个月' }).click();
  await expect.poll(marks).not.toBe(long);
});

test('documents are listed with where they come from, and so is every value of the profile', async ({ page }) => {
  await enter(page.request, 'executive');
  const one = await whole(page.request, 'kind=personal', (found) => found.documents.length > 1 && found.cards.length > 0);
  await page.goto(`/customers/${one.customer_no}`);
  const papers = page.locator('#documents li');
  await expect(papers).toHaveCount(one.documents.length);
  for (const paper of await papers.all()) {
    await expect(paper).toHaveAttribute('title', /来源：.+20\d\d/);
  }
  // Holdings, cards, papers and the figures of the head too.
  for (const place of ['#holdings tbody tr th[title]', '#contacts dd[title]', '.c360-people li[title]', '.figure .amount[title]', '.c360-name h1[title]']) {
    await expect(page.locator(place).first()).toHaveAttribute('title', /来源：|管户/);
  }
  const source = page.locator('#from-name');
  await page.locator('#row-name .c360-value').hover();
  await expect(source).toBeVisible();
  await expect(source).toHaveText(/来源：.+20\d\d/);
});

test('somebody else’s customer is not found', async ({ page, newSession, browserConsole }) => {
  browserConsole.expect(/404/);
  const whole = await newSession();
  await enter(whole.request, 'executive');
  await enter(page.request, 'manager');
  const mine = new Set((await customers(page.request)).map((item) => item.customer_no));
  const foreign = (await customers(whole.request)).find((item) => !mine.has(item.customer_no)) as Item;
  for (const number of [foreign.customer_no, '123456789012', 'nobody']) {
    const answer = await page.goto(`/customers/${number}`);
    expect(answer?.status()).toBe(404);
    await expect(page.getByRole('heading', { level: 1, name: '没有这位客户' })).toBeVisible();
    expect(await page.content()).not.toContain(foreign.name);
  }
});
