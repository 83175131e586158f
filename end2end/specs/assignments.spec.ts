import AxeBuilder from '@axe-core/playwright';
import { type APIRequestContext, type Locator, type Page } from '@playwright/test';
import { expect, test } from '../support/test';

/** What `xtask test` starts the demo bank with. */
const password = process.env.GUANHU_DEMO_PASSWORD ?? '';

async function logIn(request: APIRequestContext, login: string): Promise<void> {
  const answer = await request.post('/login', {
    form: { login, password },
    headers: { accept: 'application/json', 'sec-fetch-site': 'same-origin' },
  });
  expect(answer.status(), 'GUANHU_DEMO_PASSWORD is the demo logins’ password').toBe(200);
}

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
    return this.column(at).getByRole('listbox');
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
    await logIn(context.request, 'branch');
  });

  test('a customer is dragged with the mouse, heard of by another, and taken back', async ({ page, newSession }) => {
    const board = new Board(page);
    await board.open('?sort=aum');
    const other = await newSession();
    await logIn(other.request, 'branch');
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
    await expect(elsewhere.named(2, name).first(), 'the other board hears of it').toBeVisible({ timeout: 2_000 });

    await page.keyboard.press('Control+z');
    await expect(board.named(1, name).first()).toBeVisible();
    await expect.poll(() => board.count(1)).toBe(from);
    await expect.poll(() => elsewhere.count(1)).toBe(from);
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

  test('a finger scrolls, and drags after a long press', async ({ page }) => {
    const board = new Board(page);
    await board.open('?sort=aum');
    const name = await board.name(1, 0);
    const [from, to] = [await middle(board.card(1, 0)), await middle(board.list(2))];
    const touch = (type: string, at: { x: number; y: number }) =>
      page.evaluate(
        ([type, x, y]) => {
          const target = document.elementFromPoint(Number(x), Number(y)) ?? document.body;
          target.dispatchEvent(
            new PointerEvent(String(type), {
              bubbles: true, cancelable: true, pointerId: 7, pointerType: 'touch', isPrimary: true, button: type === 'pointermove' ? -1 : 0,
              buttons: type === 'pointerup' ? 0 : 1, clientX: Number(x), clientY: Number(y),
            }),
          );
        },
        [type, at.x, at.y],
      );
    // Moved at once: that is scrolling, and nothing is picked up.
    await touch('pointerdown', from);
    await touch('pointermove', { x: from.x, y: from.y + 40 });
    await touch('pointerup', { x: from.x, y: from.y + 40 });
    await expect(page.locator('.ghost .bcard')).toBeHidden();
    // Held: it is in the hand.
    await touch('pointerdown', from);
    await expect(page.locator('.ghost .bcard')).toBeVisible();
    await touch('pointermove', to);
    await expect(board.column(2)).toHaveClass(/over/);
    await touch('pointerup', to);
    await expect(board.named(2, name).first()).toBeVisible();
    await page.keyboard.press('Control+z');
    await expect(board.named(1, name).first()).toBeVisible();
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
  await logIn(context.request, 'manager');
  await page.goto('/board');
  const open = page.locator('.bcol', { has: page.locator('.bcard') });
  await expect(open).toHaveCount(1);
  await expect(page.getByRole('heading', { level: 1 })).toContainText('看板');
});
