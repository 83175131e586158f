import { type APIRequestContext, type Locator, type Page } from '@playwright/test';
import { enter } from '../support/people';
import { expect, test } from '../support/test';

interface Item {
  customer_no: string;
  name: string;
  kind: 'personal' | 'corporate';
  aum: number;
}

async function customers(request: APIRequestContext, query = ''): Promise<Item[]> {
  const answer = await request.get(`/api/v1/customers?limit=100&${query}`);
  expect(answer.ok()).toBeTruthy();
  return (await answer.json()).items;
}

/** The page object of the list. */
class List {
  readonly rows: Locator;
  readonly search: Locator;
  readonly filters: Locator;

  constructor(readonly page: Page) {
    this.rows = page.locator('#customers tbody tr[role="row"]');
    this.filters = page.getByRole('group', { name: '筛选' });
    this.search = page.getByRole('searchbox', { name: '查找客户' });
  }

  /** Opens the list and waits until it answers to the keyboard. */
  async open(query = ''): Promise<void> {
    const answer = await this.page.goto(`/customers${query}`);
    expect(answer?.status()).toBe(200);
    await expect(this.rows.first()).toBeVisible();
    await expect(this.page.locator('#customers-r0[tabindex="0"]')).toBeVisible();
    await this.live();
  }

  /** `?` opens the help only once the page is alive. */
  private async live(): Promise<void> {
    const help = this.page.getByRole('dialog', { name: '快捷键' });
    await expect(async () => {
      await this.page.keyboard.press('?');
      await expect(help).toBeVisible({ timeout: 500 });
    }).toPass();
    await this.page.keyboard.press('Escape');
    await expect(help).toBeHidden();
  }

  /** The names shown, once the list has settled. */
  async names(): Promise<string[]> {
    await expect(this.page.locator('#customers[aria-busy]')).toHaveCount(0);
    return this.rows.locator('.who').allInnerTexts();
  }

  async filter(field: string, value: string): Promise<void> {
    await this.filters.getByRole('button', { name: field, exact: true }).click();
    await this.page.getByRole('option', { name: value, exact: true }).click();
  }
}

test('the first rows come with the document, before any script', async ({ browser, baseURL }) => {
  const context = await browser.newContext({ javaScriptEnabled: false, baseURL, locale: 'zh-CN' });
  await enter(context.request, 'manager');
  const page = await context.newPage();
  await page.goto('/customers');
  await expect(page.locator('#customers tbody tr[role="row"]')).not.toHaveCount(0);
  await expect(page.getByRole('heading', { level: 1, name: '客户' })).toBeVisible();
  await context.close();
});

test('a customer is found by any two characters and by pinyin, while typing', async ({ page }) => {
  await enter(page.request, 'manager');
  const list = new List(page);
  await list.open();
  const someone = (await customers(page.request, 'kind=personal')).find((item) => item.kind === 'personal' && /^[\u4e00-\u9fff]{2,4}$/.test(item.name));
  expect(someone).toBeDefined();
  const pair = (someone as Item).name.slice(-2);

  await page.keyboard.press('/');
  await expect(list.search).toBeFocused();
  await page.keyboard.type(pair);
  await expect(page).toHaveURL(/[?&]q=/);
  await expect(page.getByText(/找到 [\d,]+\+? 位/)).toBeVisible();
  for (const name of await list.names()) {
    expect(name).toContain(pair);
  }

  await list.search.fill('zhang');
  await expect(page).toHaveURL(/q=zhang/);
  const surnames = await list.names();
  expect(surnames.some((name) => /[张章]/.test(name))).toBeTruthy();
  await page.keyboard.press('Escape');
  await expect(list.search).toHaveValue('');
  await expect(page).toHaveURL(/\/customers$/);
});

test('a number is searched for exactly and stays out of the address', async ({ page }) => {
  await enter(page.request, 'manager');
  const [first] = await customers(page.request);
  const list = new List(page);
  await list.open();
  await list.search.fill((first as Item).customer_no);
  await expect(page.getByText('按客户号精确查找。')).toBeVisible();
  await expect(list.rows).toHaveCount(1);
  expect(page.url()).not.toContain((first as Item).customer_no);
  await list.search.press('Enter');
  await expect(page).toHaveURL(new RegExp(`/customers/${(first as Item).customer_no}`));

  await page.goBack();
  await expect(list.search).toHaveValue((first as Item).customer_no);
  await expect(list.rows).toHaveCount(1);

  await list.search.fill('19999999999');
  await expect(page.getByText('没有找到这个号码')).toBeVisible();
});

test('Enter opens nobody when the answer does not come', async ({ page, browserConsole }) => {
  browserConsole.expect(/status of 503/);
  await enter(page.request, 'manager');
  const list = new List(page);
  await list.open();
  await page.route('**/api/customers/list', (route) => route.fulfill({ status: 503, body: '' }));
  await list.search.fill('zhang');
  await list.search.press('Enter');
  await expect(page.getByRole('alert').first()).toBeVisible();
  await expect(page).toHaveURL(/\/customers\?/);
});

test('filters and order are in the address; reload and Back keep them', async ({ page }) => {
  await enter(page.request, 'branch');
  const list = new List(page);
  await list.open();
  await list.filter('类型', '对公');
  await expect(page).toHaveURL(/kind=corporate/);
  await expect(page.getByRole('button', { name: '类型：对公' })).toBeVisible();
  await page.getByRole('columnheader', { name: '最近联系' }).getByRole('button').click();
  await expect(page).toHaveURL(/sort=last_contact/);
  await expect(page.getByRole('columnheader', { name: '最近联系' })).toHaveAttribute('aria-sort', 'ascending');
  const before = await list.names();

  await page.reload();
  await expect(page.getByRole('button', { name: '类型：对公' })).toBeVisible();
  // The server draws some more rows than the window then turns out to hold.
  await expect(async () => expect(await list.names()).toEqual(before)).toPass();

  await page.goBack();
  await expect(page).toHaveURL(/kind=corporate$/);
  await page.goBack();
  await expect(page).toHaveURL(/\/customers$/);
  await expect(list.filters.getByRole('button', { name: '类型', exact: true })).toBeVisible();
});

test('a column is made wider by keyboard, and stays so', async ({ page }) => {
  await enter(page.request, 'manager');
  const list = new List(page);
  await list.open();
  const head = page.getByRole('columnheader', { name: '金融资产' });
  const width = async (): Promise<number> => Math.round((await head.boundingBox())?.width ?? 0);
  const before = await width();
  await page.getByRole('button', { name: '列', exact: true }).click();
  const slider = page.getByRole('slider', { name: /金融资产/ });
  await slider.focus();
  const kept = page.waitForRequest((request) => request.url().endsWith('/account/prefer') && (request.postData() ?? '').includes('"customers"'));
  for (let i = 0; i < 5; i++) {
    await page.keyboard.press('ArrowRight');
  }
  await expect(slider).toBeFocused();
  const wanted = Number(await slider.inputValue());
  expect(wanted).toBeGreaterThan(before);
  await expect.poll(width).toBe(wanted);
  await kept;
  await page.keyboard.press('Escape');
  await page.reload();
  await expect(list.rows.first()).toBeVisible();
  expect(await width()).toBe(wanted);
});

test('columns are shown, hidden, put in order and held by keyboard, and stay so in another browser', async ({ page, newSession }) => {
  await enter(page.request, 'manager');
  const list = new List(page);
  await list.open();
  const heads = async (): Promise<string[]> => (await page.locator('#customers thead .th-in').allInnerTexts()).map((text) => text.trim());
  await page.getByRole('button', { name: '列', exact: true }).press('Enter');
  const menu = page.locator('.columns-menu');
  await page.getByRole('button', { name: '恢复默认列' }).press('Enter');
  await expect.poll(heads).not.toContain('开户日');
  const before = await heads();
  expect(before.indexOf('较上月')).toBe(before.indexOf('金融资产（万元）') + 1);

  const line = (name: string): Locator => menu.getByRole('listitem').filter({ has: page.getByRole('checkbox', { name, exact: true }) });
  await expect(line('客户').getByRole('checkbox')).toBeDisabled();
  await line('开户日').getByRole('checkbox').press('Space');
  await line('分层').getByRole('checkbox').press('Space');
  await expect.poll(heads).toContain('开户日');
  expect(await heads()).not.toContain('分层');
  await line('较上月').getByRole('button', { name: '左移' }).press('Enter');
  await expect.poll(async () => (await heads()).indexOf('金融资产（万元）') - (await heads()).indexOf('较上月')).toBe(1);
  await expect(line('较上月').getByRole('button', { name: '左移' }), 'the focus goes along with the column').toBeFocused();
  const kept = page.waitForRequest((request) => request.url().endsWith('/account/prefer') && (request.postData() ?? '').includes('opened*'));
  const pin = line('开户日').getByRole('button', { name: '固定在左侧' });
  await pin.press('Enter');
  await expect(pin).toHaveAttribute('aria-pressed', 'true');
  await kept;
  const arranged = await heads();
  expect(arranged[1]).toBe('开户日');
  await page.keyboard.press('Escape');

  // What is held stays in sight when the others move on.
  await page.setViewportSize({ width: 900, height: 700 });
  const opened = page.getByRole('columnheader', { name: '开户日' });
  await expect(opened).toHaveClass(/pin/);
  const at = (await opened.boundingBox())?.x;
  await page.locator('.table-scroll').evaluate((element) => element.scrollTo(400, 0));
  await expect.poll(async () => page.locator('.table-scroll').evaluate((element) => element.scrollLeft)).toBeGreaterThan(0);
  expect((await opened.boundingBox())?.x).toBe(at);

  const other = await newSession();
  await enter(other.request, 'manager');
  const there = new List(await other.newPage());
  await there.open();
  expect((await there.page.locator('#customers thead .th-in').allInnerTexts()).map((text) => text.trim())).toEqual(arranged);

  await page.getByRole('button', { name: '列', exact: true }).click();
  const reset = page.waitForRequest((request) => request.url().endsWith('/account/prefer'));
  await page.getByRole('button', { name: '恢复默认列' }).click();
  await expect.poll(heads).toEqual(before);
  await reset;
});

test('rows are as close together as one wants, from the first paint on', async ({ page }) => {
  await enter(page.request, 'manager');
  const list = new List(page);
  await list.open();
  const height = async (): Promise<number> => (await list.rows.first().boundingBox())?.height ?? 0;
  const before = await height();
  const compact = page.getByRole('button', { name: '紧凑', exact: true });
  await expect(compact).toHaveAttribute('aria-pressed', 'false');
  await compact.click();
  await expect(compact).toHaveAttribute('aria-pressed', 'true');
  await expect.poll(height).toBeLessThan(before);
  await page.reload();
  await expect(page.locator('html')).toHaveAttribute('data-density', 'compact');
  await expect.poll(height).toBeLessThan(before);
});

test('a portfolio is ordered by what its columns say, and a branch by what has an index', async ({ page }) => {
  await enter(page.request, 'manager');
  const list = new List(page);
  await list.open();
  await page.getByRole('columnheader', { name: '最近待办' }).getByRole('button').click();
  await expect(page).toHaveURL(/sort=next_due/);
  await page.getByRole('columnheader', { name: '贷款' }).getByRole('button').click();
  await expect(page).toHaveURL(/sort=-loans/);
  const names = await list.names();
  expect(names).toEqual((await customers(page.request, 'sort=-loans')).slice(0, names.length).map((item) => item.name));

  await enter(page.request, 'branch');
  await list.open();
  await expect(page.getByRole('columnheader', { name: '最近待办' })).toBeVisible();
  await expect(page.getByRole('columnheader', { name: '最近待办' }).getByRole('button')).toHaveCount(0);
});

test('the way back from a customer leads to the same place', async ({ page }) => {
  await enter(page.request, 'branch');
  const list = new List(page);
  await list.open('?kind=personal');
  const scroller = page.locator('.table-scroll');
  await scroller.evaluate((element) => element.scrollTo(0, 3000));
  const row = page.locator('#customers-r90');
  await expect(row).toBeVisible();
  const name = await row.locator('.who').innerText();
  await row.getByRole('link').click();
  await expect(page.getByRole('heading', { level: 1, name })).toBeVisible();
  await page.goBack();
  await expect(page).toHaveURL(/kind=personal/);
  await expect(page.locator('#customers-r90').getByText(name)).toBeInViewport();
  await expect(page.locator('#customers-r90')).toBeFocused();
});

test('everything by keyboard: into the list, along it, selecting, opening', async ({ page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await enter(page.request, 'manager');
  const list = new List(page);
  await list.open();
  await page.keyboard.press('/');
  await page.keyboard.press('ArrowDown');
  await expect(page.locator('#customers-r0')).toBeFocused();
  await page.keyboard.press('j');
  await page.keyboard.press('Space');
  await page.keyboard.press('Shift+ArrowDown');
  await expect(page.getByText('已选 2 位')).toBeVisible();
  await page.getByRole('button', { name: '复制客户号' }).click();
  await expect(page.getByText('已复制 2 个客户号。')).toBeVisible();
  const copied = (await page.evaluate(() => navigator.clipboard.readText())).split('\n');
  expect(copied).toHaveLength(2);
  expect(copied.every((number) => /^\d{12}$/.test(number))).toBeTruthy();

  await page.locator('#customers-r2').focus();
  await page.keyboard.press('Escape');
  await expect(page.getByText('已选 2 位')).toBeHidden();
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/customers\/\d{12}/);
});

test('a view keeps filters under a name and can be deleted and taken back', async ({ page }) => {
  await enter(page.request, 'branch');
  const list = new List(page);
  await list.open();
  await list.filter('类型', '个人');
  const name = `个人客户 ${Date.now()}`;
  await page.getByRole('button', { name: '全部客户' }).click();
  await page.getByRole('button', { name: '存为新视图…' }).click();
  await page.getByLabel('视图名称').fill(name);
  await page.getByRole('button', { name: '保存', exact: true }).click();
  await expect(page.getByRole('button', { name })).toBeVisible();

  await list.open();
  await page.getByRole('button', { name: '全部客户' }).click();
  await page.getByRole('button', { name, exact: true }).click();
  await expect(page).toHaveURL(/kind=personal/);
  await page.getByRole('button', { name }).click();
  await page.getByRole('button', { name: `删除“${name}”` }).click();
  await expect(page.getByText(`已删除视图“${name}”。`)).toBeVisible();
  // Also after the list was left.
  await page.locator('.rail a[href="/groups"]').click();
  await expect(page.getByRole('heading', { level: 1, name: '客户群' })).toBeVisible();
  await page.getByRole('button', { name: '撤销' }).click();
  await expect(page.getByText(`已保存视图“${name}”。`)).toBeVisible();
});

test('a view that the head of a branch shares is opened by a manager, on the own customers', async ({ page, newSession }) => {
  await enter(page.request, 'branch');
  const list = new List(page);
  await list.open();
  await list.filter('类型', '个人');
  await page.getByRole('columnheader', { name: '最近联系' }).getByRole('button').click();
  await expect(page).toHaveURL(/sort=last_contact/);
  const name = `久未联系 ${Date.now()}`;
  await page.getByRole('button', { name: '全部客户' }).click();
  await page.getByRole('button', { name: '存为新视图…' }).click();
  await page.getByLabel('视图名称').fill(name);
  await page.getByLabel('共享给本机构及下级').check();
  await page.getByRole('button', { name: '保存', exact: true }).click();
  await expect(page.getByRole('button', { name })).toBeVisible();

  const manager = await newSession();
  await enter(manager.request, 'manager');
  const theirs = new List(await manager.newPage());
  await theirs.open();
  await theirs.page.getByRole('button', { name: '全部客户' }).click();
  const shared = theirs.page.locator('.view-line').filter({ hasText: name });
  await expect(shared).toContainText('共享');
  await expect(shared.getByRole('button', { name: `删除“${name}”` })).toHaveCount(0);
  await shared.getByRole('button', { name }).click();
  await expect(theirs.page).toHaveURL(/kind=personal/);
  await expect(theirs.page).toHaveURL(/sort=last_contact/);
  const own = await customers(manager.request, 'kind=personal&sort=last_contact');
  const names = await theirs.names();
  expect(names).toEqual(own.slice(0, names.length).map((item) => item.name));

  await page.getByRole('button', { name }).click();
  await page.getByRole('button', { name: `删除“${name}”` }).click();
  await expect(page.getByText(`已删除视图“${name}”。`)).toBeVisible();
});

test.describe('on a phone', () => {
  test.use({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });

  test('rows are cards, filters unfold, nothing sticks out', async ({ page }) => {
    await enter(page.request, 'manager');
    const list = new List(page);
    await page.goto('/customers');
    await expect(list.rows.first()).toBeVisible();
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(width).toBeLessThanOrEqual(390);
    await expect(list.filters.getByRole('button', { name: '类型', exact: true })).toBeHidden();
    await expect(async () => {
      await page.getByRole('button', { name: '筛选' }).tap();
      await expect(list.filters.getByRole('button', { name: '类型', exact: true })).toBeVisible({ timeout: 500 });
    }).toPass();
    await list.filters.getByRole('button', { name: '类型', exact: true }).tap();
    await page.getByRole('option', { name: '个人', exact: true }).tap();
    await expect(page).toHaveURL(/kind=personal/);
    await list.rows.first().tap();
    await expect(page).toHaveURL(/\/customers\/\d{12}/);
  });
});
