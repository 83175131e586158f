import AxeBuilder from '@axe-core/playwright';
import { type APIRequestContext, type Locator, type Page } from '@playwright/test';
import { accessible, enter } from '../support/people';
import { expect, test } from '../support/test';

/** The page object of the board. */
class Board {
  readonly columns: Locator;
  readonly said: Locator;

  constructor(readonly page: Page) {
    this.columns = page.locator('.bcol');
    this.said = page.locator('[aria-live=assertive]');
  }

  async open(query = ''): Promise<void> {
    const answer = await this.page.goto(`/board${query}`);
    expect(answer?.status()).toBe(200);
    await expect(this.columns.first()).toBeVisible();
    // Selecting works only once the page is alive.
    await expect(async () => {
      await this.card(1, 0).click();
      await expect(this.page.locator('.board-chosen')).toBeVisible({ timeout: 500 });
    }).toPass();
    await this.list(1).press('Escape');
    await expect(this.page.locator('.board-chosen')).toBeHidden();
  }

  column(at: number): Locator {
    return this.columns.nth(at);
  }

  list(at: number): Locator {
    return this.column(at).locator('.bcol-list');
  }

  card(column: number, at: number): Locator {
    return this.column(column).locator(`.bcard[data-i="${at}"]`);
  }

  named(column: number, name: string): Locator {
    return this.column(column).locator('.bcard', { hasText: name });
  }

  /** Customers in a column, as its head counts them. */
  async count(column: number): Promise<number> {
    const words = await this.column(column).locator('.bcol-figures dd').first().innerText();
    return Number(words.replaceAll(',', ''));
  }

  async name(column: number, at: number): Promise<string> {
    return this.card(column, at).locator('.bcard-name').innerText();
  }

  /** The first card of a column that one person may move, by its place. */
  async movable(column: number): Promise<number> {
    const ranks = await this.column(column).locator('.bcard').evaluateAll((cards) =>
      cards.map((card) => ({ at: Number(card.getAttribute('data-i')), rank: Number(card.querySelector('.tier')?.getAttribute('data-rank')) })),
    );
    const plain = ranks.find((card) => card.rank <= 2) ?? ranks[0];
    return plain.at;
  }
}

/** Somewhere in the middle of an element. */
async function middle(of: Locator): Promise<{ x: number; y: number }> {
  const box = await of.boundingBox();
  if (!box) throw new Error('not on the screen');
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}

test.describe('the board of a branch manager', () => {
  test.describe.configure({ mode: 'serial' });

  test.beforeEach(async ({ context }) => {
    await enter(context.request, 'branch');
  });

  test('a customer is dragged with the mouse, heard of by another, and taken back', async ({ page, newSession }) => {
    const board = new Board(page);
    await board.open('?sort=aum');
    const other = await newSession();
    await enter(other.request, 'branch');
    const elsewhere = new Board(await other.newPage());
    await elsewhere.open('?sort=aum');

    const name = await board.name(1, 0);
    const [from, to] = [await board.count(1), await board.count(2)];
    const start = await middle(board.card(1, 0));
    await page.mouse.move(start.x, start.y);
    await page.mouse.down();
    await page.mouse.move(start.x + 20, start.y + 8);
    await expect(page.locator('.ghost .bcard')).toBeVisible();
    await expect(board.column(2), 'where it may be dropped is lit').toHaveClass(/lit/);
    const over = await middle(board.list(2));
    await page.mouse.move(over.x, over.y, { steps: 6 });
    await expect(board.column(2).locator('.bcol-load'), 'the capacity shows what would be').toHaveClass(/hovered/);
    await page.mouse.up();

    await expect(board.named(2, name)).toBeVisible();
    expect(await board.count(1)).toBe(from - 1);
    expect(await board.count(2)).toBe(to + 1);
    await expect(elsewhere.named(2, name).first(), 'the other board hears of it').toBeVisible();

    await page.keyboard.press('Control+z');
    await expect(board.named(1, name).first()).toBeVisible();
    await expect.poll(() => board.count(1)).toBe(from);
    await expect.poll(() => elsewhere.count(1)).toBe(from);

    // And the other way round.
    await elsewhere.list(1).focus();
    await elsewhere.page.keyboard.press('Home');
    const theirs = await elsewhere.name(1, 0);
    for (const key of ['Space', 'ArrowRight', 'Space']) await elsewhere.page.keyboard.press(key);
    await expect(elsewhere.named(2, theirs).first()).toBeVisible();
    await expect(board.named(2, theirs).first()).toBeVisible();
    await elsewhere.page.keyboard.press('Control+z');
    await expect.poll(() => board.count(1)).toBe(from);
  });

  test('an open list and an open customer elsewhere show a move', async ({ page, context, newSession }) => {
    const board = new Board(page);
    await board.open('?sort=aum');
    const at = await board.movable(1);
    const name = await board.name(1, at);
    const heads = await page.locator('.bcol-name').allInnerTexts();
    const { items } = await (await context.request.get('/api/v1/customers?sort=aum&limit=200')).json();
    const item = items.find((one: { name: string; manager?: { name: string } }) => one.name === name && one.manager?.name === heads[1]);
    /** A page of somebody else, which hears of what happens. */
    const elsewhere = async (path: string): Promise<Page> => {
      const session = await newSession();
      await enter(session.request, 'branch');
      const other = await session.newPage();
      const hears = other.waitForRequest(/\/api\/v1\/events/);
      await other.goto(path);
      await hears;
      return other;
    };
    const list = await elsewhere(`/customers?q=${encodeURIComponent(name)}`);
    const row = list.locator('#customers tbody tr[role="row"]', { has: list.locator(`a[href*="${item.customer_no}"]`) });
    await expect(row).toContainText(heads[1]);
    const whole = await elsewhere(`/customers/${item.customer_no}`);
    const people = whole.locator('.c360-people');
    await expect(people).toContainText(heads[1]);

    const start = await middle(board.card(1, at));
    const over = await middle(board.list(2));
    await page.mouse.move(start.x, start.y);
    await page.mouse.down();
    await page.mouse.move(start.x + 20, start.y + 8);
    await page.mouse.move(over.x, over.y, { steps: 4 });
    await page.mouse.up();
    await Promise.all([expect(row).toContainText(heads[2]), expect(people).toContainText(heads[2])]);

    await page.keyboard.press('Control+z');
    await expect(board.named(1, name).first()).toBeVisible();
    await expect(row).toContainText(heads[1]);
    await expect(people).toContainText(heads[1]);
  });

  test('several are dragged with their number, and let go by Escape', async ({ page }) => {
    const board = new Board(page);
    await board.open('?sort=aum');
    await board.card(1, 1).click();
    await board.card(1, 3).click({ modifiers: ['Shift'] });
    await board.card(1, 5).click({ modifiers: ['Control'] });
    // Others may move somebody meanwhile.
    await expect(async () => {
      const [from, to] = [await board.count(1), await board.count(2)];
      const start = await middle(board.card(1, 2));
      const over = await middle(board.list(2));
      await page.mouse.move(start.x, start.y);
      await page.mouse.down();
      await page.mouse.move(start.x + 20, start.y + 8);
      await page.mouse.move(over.x, over.y, { steps: 4 });
      await expect(page.locator('.ghost-count')).toHaveText('4', { timeout: 2_000 });
      await expect(board.list(1).locator('.bcard.moving')).toHaveCount(4, { timeout: 2_000 });
      const would = await board.count(2);
      await page.keyboard.press('Escape');
      await expect(page.locator('.ghost .bcard')).toBeHidden({ timeout: 2_000 });
      await page.mouse.up();
      expect(would, 'the head says what would be').toBe(to + 4);
      expect([await board.count(1), await board.count(2)]).toEqual([from, to]);
    }).toPass();
  });

  test('a drag held at the edge of the board scrolls it, either way', async ({ page }) => {
    await page.setViewportSize({ width: 900, height: 720 });
    const board = new Board(page);
    await board.open('?sort=aum');
    const root = page.locator('.board');
    const left = (): Promise<number> => root.evaluate((board) => board.scrollLeft);
    await root.evaluate((board) => board.scrollTo(0, 0));
    expect(await root.evaluate((board) => board.scrollWidth - board.clientWidth), 'more columns than fit').toBeGreaterThan(100);
    const name = await board.name(1, 0);
    const start = await middle(board.card(1, 0));
    const box = await root.boundingBox();
    if (!box) throw new Error('not on the screen');
    await page.mouse.move(start.x, start.y);
    await page.mouse.down();
    await page.mouse.move(start.x + 20, start.y + 8);
    await page.mouse.move(Math.min(box.x + box.width, 900) - 4, start.y, { steps: 6 });
    await expect.poll(left, 'it goes on while the hand is still').toBeGreaterThan(100);
    await page.mouse.move(box.x + 4, start.y, { steps: 6 });
    await expect.poll(left).toBe(0);
    await page.keyboard.press('Escape');
    await page.mouse.up();
    await expect(page.locator('.ghost .bcard')).toBeHidden();
    await expect(board.named(1, name).first()).toBeVisible();
  });

  test('the board has the filters and views of the list, and is as close as one wants', async ({ page }) => {
    // Others are logged in under the same name: what is kept stays with this browser.
    await page.route('**/api/account/prefer', (route) => route.fulfill({ json: null }));
    const board = new Board(page);
    await board.open();
    const head = board.column(1).locator('.bcol-figures dd').first();
    const filters = page.locator('.board-ask');
    await filters.getByRole('button', { name: '类型', exact: true }).click();
    await page.getByRole('option', { name: '个人', exact: true }).click();
    await expect(page).toHaveURL(/\/board\?.*kind=personal/);
    await expect(head, 'so many of all').toContainText(/\d+ \/ \d+/);
    const kinds = board.column(1).locator('.bcard');
    await expect(kinds.first()).toBeVisible();
    await expect(kinds.filter({ hasText: '对公' })).toHaveCount(0);
    await accessible(page);

    // Kept under a name here, and found under it again.
    const name = `看板个人 ${Date.now()}`;
    await filters.getByRole('button', { name: '全部客户' }).click();
    await page.getByRole('button', { name: '存为新视图…' }).click();
    await page.getByLabel('视图名称').fill(name);
    await page.getByRole('button', { name: '保存', exact: true }).click();
    await expect(page.getByRole('button', { name })).toBeVisible();
    await board.open();
    await expect(head).toHaveText(/^[\d,]+$/);
    await filters.getByRole('button', { name: '全部客户' }).click();
    await page.getByRole('button', { name, exact: true }).click();
    await expect(page).toHaveURL(/\/board\?.*kind=personal/);
    await expect(head).toContainText(/\d+ \/ \d+/);
    await page.getByRole('button', { name }).click();
    await page.getByRole('button', { name: `删除“${name}”` }).click();
    await expect(page.getByText(`已删除视图“${name}”。`)).toBeVisible();

    // Rows of the list and cards of the board are close together alike.
    const tall = (await board.card(1, 0).boundingBox())?.height ?? 0;
    await page.goto('/customers');
    const compact = page.getByRole('button', { name: '紧凑', exact: true });
    await expect(async () => {
      if ((await compact.getAttribute('aria-pressed')) !== 'true') await compact.click();
      await expect(page.locator('html')).toHaveAttribute('data-density', 'compact', { timeout: 500 });
    }).toPass();
    await board.open();
    await expect(page.locator('html')).toHaveAttribute('data-density', 'compact');
    await expect.poll(async () => (await board.card(1, 0).boundingBox())?.height ?? 0).toBeLessThan(tall);
    await accessible(page);
  });

  test('a column is scrolled to its end: few cards at once, all of them in the end', async ({ page, context }) => {
    const board = new Board(page);
    await board.open('?sort=aum');
    const list = await (await context.request.get('/api/v1/customers?sort=aum&limit=200')).json();
    const heads = await page.locator('.bcol-name').allInnerTexts();
    const led = (one: { manager?: { code: string; name: string } }, at: number) => one.manager?.name === heads[at];
    const counts = heads.map((_, at) => list.items.filter((one: { manager?: { code: string; name: string } }) => led(one, at)).length);
    const longest = counts.indexOf(Math.max(...counts));
    const { code } = list.items.find((one: { manager?: { code: string; name: string } }) => led(one, longest)).manager;
    // Others move customers meanwhile: then it is looked at again.
    await expect(async () => {
      // A wheel's steps, each drawn before the next: what there was, where, and the most at once.
      const found = await board.list(longest).evaluate(async (list) => {
        const drawn = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
        const names: Record<number, string> = {};
        let most = 0;
        let strays = 0;
        list.scrollTop = 0;
        for (let idle = 0; idle < 40; ) {
          await drawn();
          const cards = [...list.querySelectorAll<HTMLElement>('.bcard')];
          most = Math.max(most, cards.length);
          const top = list.getBoundingClientRect().top - list.scrollTop;
          for (const card of cards) {
            const at = Number(card.dataset.i);
            names[at] = card.querySelector('.bcard-name')?.textContent ?? '';
            if (Math.abs(card.getBoundingClientRect().top - top - at * card.offsetHeight) > 1) strays += 1;
          }
          const before = list.scrollTop;
          list.scrollTop += 180;
          // At the end for as long as what follows may take to arrive.
          idle = list.scrollTop === before ? idle + 1 : 0;
        }
        const row = list.querySelector<HTMLElement>('.bcard')?.offsetHeight ?? 1;
        return { names: Object.values(names), most, strays, window: innerHeight / row };
      });
      expect(found.strays, 'each where it belongs').toBe(0);
      expect(found.most).toBeLessThan(found.window + 15);
      const everybody: string[] = [];
      for (let after = ''; ; ) {
        const answer = await context.request.get(`/api/v1/customers?manager=${code}&sort=aum&limit=200${after}`);
        const { items, next } = await answer.json();
        everybody.push(...items.map((one: { name: string }) => one.name));
        if (!next) break;
        after = `&after=${encodeURIComponent(next)}`;
      }
      expect(found.names.sort(), 'nobody is missing').toEqual(everybody.sort());
    }).toPass({ timeout: 60_000 });
  });

  test('tiers have headings that fold, and cards become rows of a table; both are kept', async ({ page }) => {
    // Others are logged in under the same name: what is kept stays with this browser.
    await page.route('**/api/account/prefer', (route) => route.fulfill({ json: null }));
    const board = new Board(page);
    await board.open('?sort=-tier');
    const headings = board.column(1).locator('.bgroup');
    const ranks = await headings.evaluateAll((all) => all.map((one) => Number(one.getAttribute('data-g'))));
    expect(ranks.length).toBeGreaterThan(0);
    expect(ranks, 'the highest first').toEqual([...ranks].sort((a, b) => b - a));
    await accessible(page);

    // A fold leaves the heading with its number, in every column.
    const first = board.column(1).locator(`.bgroup[data-g="${ranks[0]}"]`);
    const below = first.locator('xpath=following-sibling::*[1][contains(@class, "bcard")]');
    const number = await first.locator('.bgroup-count').innerText();
    await expect(below).toBeVisible();
    await first.click();
    await expect(first).toHaveAttribute('aria-expanded', 'false');
    await expect(first.locator('.bgroup-count')).toHaveText(number);
    await expect(below).toHaveCount(0);
    const same = page.locator(`.bgroup[data-g="${ranks[0]}"]`);
    await expect(page.locator(`.bgroup[data-g="${ranks[0]}"][aria-expanded=false]`)).toHaveCount(await same.count());
    await page.reload();
    await expect(first, 'it stays so').toHaveAttribute('aria-expanded', 'false');
    await expect(below).toHaveCount(0);

    // The same by keyboard.
    await expect(async () => {
      await board.list(1).focus();
      await page.keyboard.press('Home');
      await expect(first).toHaveClass(/active/, { timeout: 500 });
    }).toPass();
    await page.keyboard.press('Enter');
    await expect(first).toHaveAttribute('aria-expanded', 'true');
    await expect(below).toBeVisible();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Shift+ArrowDown');
    await expect(page.locator('.board-chosen strong')).toContainText('2');
    await page.keyboard.press('Escape');

    // As a table: one line each, and it is dragged as a card is.
    const table = page.getByRole('button', { name: '表格', exact: true });
    await table.click();
    await expect(table).toHaveAttribute('aria-pressed', 'true');
    await expect(board.column(1).locator('.bcol-heads')).toContainText('最近联系');
    const plain = board.column(1).locator('.bcard').last();
    await expect(async () => {
      await board.list(1).evaluate((list) => list.scrollTo(0, list.scrollHeight));
      await expect(plain).toBeInViewport({ timeout: 500 });
    }).toPass();
    await expect.poll(async () => (await plain.boundingBox())?.height ?? Infinity).toBeLessThan(40);
    await accessible(page);
    const name = await plain.locator('.bcard-name').innerText();
    const count = await board.count(2);
    const start = await middle(plain);
    await page.mouse.move(start.x, start.y);
    await page.mouse.down();
    await page.mouse.move(start.x + 20, start.y + 8);
    await board.column(2).locator('.bcol-head').scrollIntoViewIfNeeded();
    const over = await middle(board.column(2).locator('.bcol-head'));
    await page.mouse.move(over.x, over.y, { steps: 4 });
    await expect(page.locator('.ghost .bcard')).toContainText(name);
    await page.mouse.up();
    await expect.poll(() => board.count(2)).toBe(count + 1);
    await page.keyboard.press('Control+z');
    await expect.poll(() => board.count(2)).toBe(count);
    await page.reload();
    await expect(board.column(1).locator('.bcol-heads')).toBeVisible();
  });

  test('by keyboard every step is said', async ({ page }) => {
    const board = new Board(page);
    await board.open('?sort=aum');
    const name = await board.name(1, 0);
    await board.list(1).focus();
    await page.keyboard.press('Home');
    await page.keyboard.press('Space');
    await expect(board.said).toContainText('已拿起');
    await page.keyboard.press('ArrowRight');
    await expect(board.said).toContainText('可放入');
    await page.keyboard.press('Escape');
    await expect(board.said).toContainText('放回');
    await page.keyboard.press('Space');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Space');
    await expect(board.said).toContainText('移交给');
    await expect(board.named(2, name).first()).toBeVisible();
    await page.getByRole('button', { name: '撤销' }).first().click();
    await expect(board.named(1, name).first()).toBeVisible();
  });

  test('a move is taken back before its answer has arrived, and before the one that has', async ({ page }) => {
    const board = new Board(page);
    await board.open('?sort=aum');
    const drop = async (at: number): Promise<string> => {
      const name = await board.name(1, at);
      const start = await middle(board.card(1, at));
      const over = await middle(board.list(2));
      await page.mouse.move(start.x, start.y);
      await page.mouse.down();
      await page.mouse.move(start.x + 20, start.y + 8);
      await page.mouse.move(over.x, over.y, { steps: 4 });
      await page.mouse.up();
      await expect(board.named(2, name).first()).toBeVisible();
      return name;
    };
    const arrived = await drop(await board.movable(1));
    await expect(page.locator('.toast').filter({ hasText: arrived }).getByRole('button', { name: '撤销' })).toBeVisible();

    let release = () => {};
    const pressed = new Promise<void>((resolve) => (release = resolve));
    await page.route('**/api/transfers/request', async (route) => {
      await pressed;
      await route.continue();
    });
    await board.list(1).evaluate((list) => list.scrollTo(0, 0));
    const asked = page.waitForRequest('**/api/transfers/request');
    const going = await drop(await board.movable(1));
    await asked;
    await page.keyboard.press('Control+z');
    await expect(board.said).toContainText('到达后随即撤销');
    release();
    await expect(page.locator('.toast').filter({ hasText: going }).filter({ hasText: '回到原处' })).toBeVisible();
    await expect(board.named(1, going).first()).toBeVisible();
    await expect(board.named(2, arrived).first(), 'the older one stays').toBeVisible();
    await page.keyboard.press('Control+z');
    await expect(board.named(1, arrived).first()).toBeVisible();
  });

  test('who leaves the board in mid-look takes nothing down', async ({ page, context }) => {
    const board = new Board(page);
    await board.open('?sort=aum');
    // The look that follows a move is held back until the board was left.
    let release = () => {};
    const left = new Promise<void>((resolve) => (release = resolve));
    await page.route('**/api/board/look', async (route) => {
      await left;
      await route.continue();
    });
    const at = await board.movable(1);
    const name = await board.name(1, at);
    const asked = page.waitForRequest('**/api/board/look');
    const start = await middle(board.card(1, at));
    const over = await middle(board.list(2));
    await page.mouse.move(start.x, start.y);
    await page.mouse.down();
    await page.mouse.move(start.x + 20, start.y + 8);
    await page.mouse.move(over.x, over.y, { steps: 4 });
    await page.mouse.up();
    await asked;
    await page.getByRole('link', { name: '移交记录' }).click();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('移交');
    const answered = page.waitForResponse('**/api/board/look');
    release();
    await answered;
    // The page lives, and the move can be taken back from here.
    await page.locator('.toast').filter({ hasText: name }).getByRole('button', { name: '撤销' }).click();
    await expect(page.locator('.toast').filter({ hasText: '回到原处' })).toBeVisible();
    await expect(page.locator('.transfer', { hasText: '已回退' }).first()).toBeVisible();
  });

  test('who comes back to a window hears what happened meanwhile', async ({ page, context }) => {
    // The window goes out of sight and comes back as its owner pleases.
    await page.addInitScript(() => {
      let hidden = false;
      Object.defineProperty(document, 'hidden', { get: () => hidden });
      Object.assign(globalThis, {
        hide: (now: boolean) => {
          hidden = now;
          document.dispatchEvent(new Event('visibilitychange'));
        },
      });
    });
    const heard = page.waitForRequest(/\/api\/v1\/events/);
    const board = new Board(page);
    await board.open('?sort=aum');
    await heard;
    const hide = (now: boolean) => page.evaluate((now) => (globalThis as unknown as { hide: (now: boolean) => void }).hide(now), now);
    // Nothing has happened yet: only the greeting says where the page is.
    await expect(async () => {
      await hide(true);
      const again = page.waitForRequest(/events/, { timeout: 1_000 });
      await hide(false);
      expect((await again).url()).toContain('after=');
    }).toPass();
    await hide(true);
    const list = await (await context.request.get('/api/v1/customers?sort=aum&limit=200')).json();
    const heads = await page.locator('.bcol-name').allInnerTexts();
    const name = await board.name(1, 0);
    const item = list.items.find((one: { name: string; manager?: { name: string } }) => one.name === name && one.manager?.name === heads[1]);
    const code = list.items.find((one: { manager?: { name: string } }) => one.manager?.name === heads[3])?.manager.code;
    const moved = await context.request.post('/api/v1/transfers', {
      data: { customers: [item.customer_no], to: code, reason: '窗口不在时' },
      headers: { 'idempotency-key': crypto.randomUUID(), 'sec-fetch-site': 'same-origin' },
    });
    expect(moved.status()).toBe(201);
    await hide(false);
    await expect(board.named(3, name).first()).toBeVisible();
    const id = (await moved.json()).id;
    const back = await context.request.post(`/api/v1/transfers/${id}/revert`, { data: {}, headers: { 'sec-fetch-site': 'same-origin' } });
    expect(back.ok()).toBeTruthy();
  });

  test('a session that ends says so', async ({ page, context, browserConsole }) => {
    // What the page was about to ask is refused.
    browserConsole.expect(/401/);
    const board = new Board(page);
    await board.open();
    await expect(page.locator('.not-live')).toBeHidden();
    const login = await context.request.delete('/api/v1/session', { headers: { 'sec-fetch-site': 'same-origin' } });
    expect(login.ok()).toBeTruthy();
    await expect(page.locator('.not-live')).toContainText('登录已失效', { timeout: 25_000 });
    await page.getByRole('button', { name: '重新登录' }).click();
    await expect(page).toHaveURL(/\/login\?next=/);
  });

  test.describe('by finger', () => {
    test.use({ viewport: { width: 1024, height: 768 }, hasTouch: true });

    test('a finger scrolls, and drags after a long press', async ({ page, context }) => {
      const board = new Board(page);
      await board.open('?sort=aum');
      // As the glass sends them, so that the browser scrolls and cancels as it does for a finger.
      const glass = await context.newCDPSession(page);
      const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', at?: { x: number; y: number }) =>
        glass.send('Input.dispatchTouchEvent', { type, touchPoints: at ? [at] : [] });
      const along = async (from: { x: number; y: number }, to: { x: number; y: number }) => {
        for (let step = 1; step <= 8; step += 1) {
          await touch('touchMove', { x: from.x + ((to.x - from.x) * step) / 8, y: from.y + ((to.y - from.y) * step) / 8 });
        }
      };
      const at = await board.movable(1);
      const name = await board.name(1, at);
      const from = await middle(board.card(1, at));

      // Moved at once: that is scrolling, and nothing is picked up.
      await touch('touchStart', from);
      await along(from, { x: from.x, y: from.y - 200 });
      await touch('touchEnd');
      await expect(page.locator('.ghost .bcard')).toBeHidden();
      await expect.poll(() => board.list(1).evaluate((list) => list.scrollTop)).toBeGreaterThan(20);
      // The swing has to be over: a touch within it goes on scrolling.
      await board.list(1).evaluate(async (list) => {
        for (let still = 0; still < 30; still += 1) {
          if (list.scrollTop > 0) {
            list.scrollTo(0, 0);
            still = 0;
          }
          await new Promise(requestAnimationFrame);
        }
      });
      await expect(board.card(1, at)).toBeInViewport();

      // Held: it is in the hand, follows the finger across the board, and nothing scrolls.
      const count = await board.count(2);
      const to = await middle(board.list(2));
      await touch('touchStart', from);
      await expect(page.locator('.ghost .bcard')).toBeVisible();
      await along(from, to);
      await expect(board.column(2)).toHaveClass(/over/);
      // What is left of the swing before may be a pixel; a finger that scrolled would have moved it by hundreds.
      expect(await board.list(1).evaluate((list) => list.scrollTop)).toBeLessThan(5);
      await touch('touchEnd');
      await expect(board.named(2, name).first()).toBeVisible();
      expect(await board.count(2)).toBe(count + 1);
      await page.keyboard.press('Control+z');
      await expect(board.named(1, name).first()).toBeVisible();
    });
  });

  test('a drop that lost a race says who was faster', async ({ page, context, browserConsole }) => {
    browserConsole.expect(/409/);
    // This board hears of nothing.
    await page.addInitScript(() => {
      Object.assign(globalThis, { EventSource: class { readyState = 1; close(): void {} } });
    });
    const board = new Board(page);
    await board.open('?sort=aum');
    const heads = await page.locator('.bcol-name').allInnerTexts();
    const list = await context.request.get('/api/v1/customers?sort=aum&limit=200');
    const name = await board.name(1, 0);
    const item = (await list.json()).items.find((one: { name: string; manager?: { name: string } }) => one.name === name && one.manager?.name === heads[1]);
    const staff = (await list.json()).items.find((one: { manager?: { name: string } }) => one.manager?.name === heads[3])?.manager.code;
    const moved = await context.request.post('/api/v1/transfers', {
      data: { customers: [item.customer_no], to: staff, reason: '抢先一步' },
      headers: { 'idempotency-key': crypto.randomUUID(), 'sec-fetch-site': 'same-origin' },
    });
    expect(moved.status()).toBe(201);
    const start = await middle(board.card(1, 0));
    const over = await middle(board.list(2));
    await page.mouse.move(start.x, start.y);
    await page.mouse.down();
    await page.mouse.move(start.x + 20, start.y + 8);
    await page.mouse.move(over.x, over.y, { steps: 4 });
    await page.mouse.up();
    await expect(page.locator('.toast.alarm')).toContainText(heads[3]);
    await expect(board.named(3, name).first(), 'the card is where it belongs now').toBeVisible();
    const back = await context.request.post(`/api/v1/transfers/${(await moved.json()).id}/revert`, { data: {}, headers: { 'sec-fetch-site': 'same-origin' } });
    expect(back.ok()).toBeTruthy();
  });

  test('a network cut in mid-drop moves once, or not at all', async ({ page, context, browserConsole }) => {
    browserConsole.expect(/ERR_FAILED|ERR_INTERNET_DISCONNECTED|ERR_NETWORK|Failed to load resource|Failed to fetch/);
    const board = new Board(page);
    await board.open('?sort=aum');
    const drop = async (at: number) => {
      const start = await middle(board.card(1, at));
      const over = await middle(board.list(2));
      await page.mouse.move(start.x, start.y);
      await page.mouse.down();
      await page.mouse.move(start.x + 20, start.y + 8);
      await page.mouse.move(over.x, over.y, { steps: 4 });
      await page.mouse.up();
    };
    const newest = async (): Promise<string | undefined> => (await (await context.request.get('/api/v1/transfers')).json()).items[0]?.id;

    // The server has moved it, and the answer is lost on the way: asked again under the same key it is one move.
    const [from, to] = [await board.count(1), await board.count(2)];
    let at = await board.movable(1);
    let name = await board.name(1, at);
    const keys: string[] = [];
    await page.route('**/api/transfers/request', async (route) => {
      keys.push(route.request().postDataJSON().key);
      if (keys.length > 1) return route.continue();
      await route.fetch();
      await route.abort('failed');
    });
    const before = await newest();
    await drop(at);
    await expect(page.locator('.toast').filter({ hasText: name }).getByRole('button', { name: '撤销' })).toBeVisible();
    expect(keys.length, 'asked again').toBe(2);
    expect(new Set(keys).size, 'as the same').toBe(1);
    await expect(board.named(2, name).first()).toBeVisible();
    await expect.poll(() => board.count(1)).toBe(from - 1);
    await expect.poll(() => board.count(2)).toBe(to + 1);
    const moves: { id: string; state: string }[] = (await (await context.request.get('/api/v1/transfers')).json()).items;
    expect(moves.findIndex((one) => one.id === before), 'one transfer is new').toBe(before ? 1 : -1);
    expect(moves[0].state).toBe('done');
    await page.keyboard.press('Control+z');
    await expect.poll(() => board.count(1)).toBe(from);
    await page.unroute('**/api/transfers/request');

    // The network stays away: the card is back where it was, and the page says why.
    const last = await newest();
    await board.list(1).evaluate((list) => list.scrollTo(0, 0));
    at = await board.movable(1);
    name = await board.name(1, at);
    await context.setOffline(true);
    await drop(at);
    await expect(page.locator('.toast.alarm')).toBeVisible({ timeout: 15_000 });
    await expect(board.named(1, name).first()).toBeVisible();
    await context.setOffline(false);
    expect(await newest(), 'nothing has moved').toBe(last);
    await expect.poll(() => board.count(1), 'and the board says so').toBe(from);
    expect(await board.count(2)).toBe(to);
  });

  test('a rectangle drawn by mouse selects what it touches, also what is not in sight', async ({ page }) => {
    const board = new Board(page);
    await board.open('?sort=aum');
    const list = board.list(1);
    const chosen = list.locator('.bcard[aria-selected=true]');
    const count = page.locator('.board-chosen strong');
    /** On the right edge of a column, where no card is, at the height of a card. */
    const beside = async (at: number) => {
      const box = await board.card(1, at).boundingBox();
      if (!box) throw new Error('not on the screen');
      return { x: box.x + box.width - 4, y: box.y + box.height / 2 };
    };
    const press = async (at: number) => {
      const from = await beside(at);
      await page.mouse.move(from.x, from.y);
      await page.mouse.down();
    };
    const reach = async (at: number) => {
      const to = await beside(at);
      await page.mouse.move(to.x - 120, to.y, { steps: 5 });
    };

    await press(1);
    await reach(4);
    await expect(list.locator('.bcol-band')).toBeVisible();
    await expect(chosen).toHaveCount(4);
    await expect(page.locator('.ghost .bcard'), 'nothing is dragged').toBeHidden();
    await page.mouse.up();
    await expect(list.locator('.bcol-band')).toBeHidden();
    await expect(count).toContainText('4');
    await expect(board.said).toContainText('已选 4 位');

    // Beside them, and then not after all.
    await page.keyboard.down('Control');
    await press(6);
    await reach(7);
    await page.mouse.up();
    await page.keyboard.up('Control');
    await expect(count).toContainText('6');
    await press(0);
    await reach(2);
    await expect(chosen).toHaveCount(3);
    await page.keyboard.press('Escape');
    await expect(list.locator('.bcol-band')).toBeHidden();
    await expect(count, 'as before').toContainText('6');
    await page.mouse.up();
    await expect(count).toContainText('6');

    // Held below the end of the list it scrolls, and what goes out of sight stays selected.
    await press(0);
    const box = await list.boundingBox();
    if (!box) throw new Error('not on the screen');
    await page.mouse.move(box.x + 60, box.y + box.height + 6, { steps: 5 });
    await expect.poll(() => list.evaluate((list) => list.scrollTop)).toBeGreaterThan(600);
    await expect(board.card(1, 0), 'the first is no longer drawn').toHaveCount(0);
    await page.mouse.up();
    const rows = await list.evaluate((list) => {
      const row = list.querySelector('.bcard')?.getBoundingClientRect().height ?? 0;
      return Math.floor((list.scrollTop + list.clientHeight) / row);
    });
    const said = Number((await count.innerText()).replace(/\D/g, ''));
    expect(said).toBeGreaterThanOrEqual(Math.min(rows, await board.count(1)) - 1);
    expect(await chosen.count(), 'more than are drawn').toBeLessThan(said);
    await page.keyboard.press('Escape');
    await expect(page.locator('.board-chosen')).toBeHidden();
  });

  test('all of a column that match are taken, loaded or not, and asked about', async ({ page }) => {
    const board = new Board(page);
    await board.open('?sort=aum&kind=personal');
    const { items } = await (await page.request.get('/api/v1/managers/performance')).json();
    const name = await board.column(1).locator('.bcol-name').innerText();
    const { code } = items.find((line: { name: string }) => line.name === name);
    let matching = 0;
    for (let after = ''; ; ) {
      const query = `/api/v1/customers?manager=${code}&kind=personal&limit=200${after}`;
      const found = await (await page.request.get(query)).json();
      matching += found.items.length;
      if (!found.next) break;
      after = `&after=${encodeURIComponent(found.next)}`;
    }
    await board.list(1).focus();
    await page.keyboard.press('Control+a');
    await expect(page.locator('.board-chosen strong')).toContainText(String(matching));
    await page.getByRole('button', { name: '移交给…' }).click();
    const sheet = page.getByRole('dialog');
    await sheet.getByLabel('移交给').selectOption({ index: 2 });
    await expect(sheet.locator('.before-after tbody tr')).toHaveCount(2);
    await expect(sheet).toContainText(`${matching} 位客户`);
    await sheet.getByRole('button', { name: '取消' }).click();
    await expect(sheet).toBeHidden();
  });

  test('a larger move is asked about first, with both sides before and after', async ({ page }) => {
    const board = new Board(page);
    await board.open();
    await board.card(1, 0).click();
    await board.card(1, 2).click({ modifiers: ['Shift'] });
    await expect(page.locator('.board-chosen strong')).toContainText('3');
    await page.getByRole('button', { name: '移交给…' }).click();
    const sheet = page.getByRole('dialog');
    await sheet.getByLabel('移交给').selectOption({ index: 2 });
    await expect(sheet.locator('.before-after tbody tr')).toHaveCount(2);
    await sheet.getByRole('button', { name: '取消' }).click();
    await expect(sheet).toBeHidden();
  });

  test('the sheet, and a customer in the hand, can be used by everybody', async ({ page }) => {
    // Colours change at once, so that no contrast is measured half-way.
    await page.emulateMedia({ reducedMotion: 'reduce' });
    const board = new Board(page);
    for (const theme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme: theme });
      await board.open('?sort=aum');
      await board.list(1).focus();
      await page.keyboard.press('Home');
      await page.keyboard.press('Space');
      await page.keyboard.press('ArrowRight');
      await expect(board.said).toContainText('可放入');
      await accessible(page);
      await page.keyboard.press('Escape');
      await board.card(1, 0).click();
      await board.card(1, 2).click({ modifiers: ['Shift'] });
      await page.getByRole('button', { name: '移交给…' }).click();
      const sheet = page.getByRole('dialog');
      await sheet.getByLabel('移交给').selectOption({ index: 2 });
      await expect(sheet.locator('.before-after tbody tr')).toHaveCount(2);
      await accessible(page);
      await sheet.getByRole('button', { name: '取消' }).click();
    }
  });

  test('what is on the page can be used by everybody', async ({ page }) => {
    for (const path of ['/board', '/transfers', '/handover']) {
      await page.goto(path);
      await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
      const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']).analyze();
      expect(violations.map((violation) => `${violation.id}: ${violation.nodes[0].html.slice(0, 200)}`), path).toEqual([]);
    }
  });
});

test('a manager sees the own customers and asks', async ({ page, context }) => {
  await enter(context.request, 'manager');
  await page.goto('/board');
  const open = page.locator('.bcol', { has: page.locator('.bcard') });
  await expect(open).toHaveCount(1);
  await expect(page.getByRole('heading', { level: 1 })).toContainText('看板');
});
