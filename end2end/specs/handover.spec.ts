import { type Locator, type Page } from '@playwright/test';
import { accessible, clickUntil, logIn } from '../support/people';
import { expect, test } from '../support/test';
import { examined } from '../support/walk';

test.use({ keepsDrafts: true });

interface Listed {
  customer_no: string;
  name: string;
  manager: { code: string; name: string } | null;
}

async function led(page: Page): Promise<Listed[]> {
  const answer = await page.request.get('/api/v1/customers?sort=aum&limit=200');
  expect(answer.status()).toBe(200);
  const { items } = (await answer.json()) as { items: Listed[] };
  return items.filter((item) => item.manager);
}

/** The manager who comes so far from the end, and their customers: the board's specs move those of the first. */
async function of(page: Page, fromEnd: number): Promise<{ code: string; customers: Listed[] }> {
  const all = await led(page);
  const codes = [...new Set(all.map((item) => item.manager?.code ?? ''))].sort();
  const code = codes.at(-fromEnd) ?? '';
  return { code, customers: all.filter((item) => item.manager?.code === code) };
}

async function post(page: Page, path: string, data: object): Promise<{ id: string; state: string }> {
  const headers = { 'idempotency-key': crypto.randomUUID(), 'sec-fetch-site': 'same-origin' };
  const answer = await page.request.post(`/api/v1${path}`, { data, headers });
  expect(answer.ok(), await answer.text()).toBe(true);
  return answer.json();
}

/** Has the portfolio divided among the first three colleagues; the heading of what came of it. */
async function propose(page: Page): Promise<Locator> {
  const proposal = page.getByRole('heading', { name: '方案', exact: true });
  await clickUntil(
    async () => {
      for (const box of (await page.locator('.handover-colleague input').all()).slice(0, 3)) await box.check();
      await page.getByRole('button', { name: '生成方案' }).click({ timeout: 1_000 });
    },
    () => expect(proposal).toBeVisible({ timeout: 3_000 }),
  );
  return proposal;
}

// One after another: the first wants a portfolio that nobody changes meanwhile.
test.describe.configure({ mode: 'default' });

test('a portfolio is divided, adjusted by dragging and by keyboard, and handed in', async ({ page }) => {
  await logIn(page, 'branch', '/handover');
  // Somebody with enough for two, of a unit that is chosen.
  const unit = page.getByRole('combobox', { name: '机构' });
  if (await unit.isVisible()) expect(await unit.locator('option').count()).toBeGreaterThan(1);
  const { code: from } = await of(page, 1);
  await page.goto(`/handover?from=${from}`);
  const proposal = await propose(page);
  await expect(page.locator('.handover-chart .bar-row').first()).toBeVisible();
  await accessible(page);

  // One row by the mouse, onto somebody else.
  const row = page.locator('.handover-items tbody tr').first();
  const choice = row.locator('select');
  const before = await choice.inputValue();
  const other = (await choice.locator('option:not(:checked)').first().getAttribute('value')) ?? '';
  const drag = async (): Promise<void> => {
    await row.scrollIntoViewIfNeeded();
    const grip = await row.locator('.handover-grip').boundingBox();
    if (!grip) throw new Error('no grip');
    await page.mouse.move(grip.x + grip.width / 2, grip.y + grip.height / 2);
    await page.mouse.down();
    await page.mouse.move(grip.x + 40, grip.y + 10, { steps: 4 });
    await expect(page.locator('.handover-dock')).toBeVisible();
  };
  const over = async (code: string): Promise<void> => {
    const target = await page.locator(`.handover-dock [data-to="${code}"]`).boundingBox();
    if (!target) throw new Error('no target');
    await page.mouse.move(target.x + target.width / 2, target.y + target.height / 2, { steps: 4 });
    await expect(page.locator(`.handover-dock [data-to="${code}"]`)).toHaveClass(/\bover\b/);
  };
  await drag();
  await over(other);
  await page.keyboard.press('Escape');
  await page.mouse.up();
  await expect(page.locator('.handover-dock')).toBeHidden();
  await expect(choice).toHaveValue(before);
  await drag();
  await over(other);
  await page.mouse.up();
  await expect(choice).toHaveValue(other);

  // Several at once, by keyboard.
  const boxes = page.locator('.handover-items tbody input[type=checkbox]');
  const many = Math.min(3, await boxes.count());
  for (let at = 0; at < many; at += 1) await boxes.nth(at).press('Space');
  await expect(page.getByText(`已选 ${many} 位`)).toBeVisible();
  await page.locator('.handover-together select').selectOption(before);
  await page.getByRole('button', { name: '改派' }).press('Enter');
  for (let at = 0; at < many; at += 1) await expect(page.locator('.handover-items tbody select').nth(at)).toHaveValue(before);
  await expect(page.locator('.handover-together')).toBeHidden();

  // Of a later day, so that nobody's customers move.
  const day = page.locator('#f-handover-effective');
  const today = new Date(`${await day.inputValue()}T00:00:00Z`);
  today.setUTCDate(today.getUTCDate() + 5);
  await day.fill(today.toISOString().slice(0, 10));
  const reason = `离职交接 ${Date.now()}`;
  await page.locator('#f-handover-reason').fill(reason);
  await page.getByRole('button', { name: '提交交接' }).click();
  await page.waitForURL('**/transfers');
  await expect(page.locator('.transfer', { hasText: reason }).first()).toBeVisible();
  // As it was.
  const { items } = await (await page.request.get('/api/v1/transfers')).json();
  const handed = items.find((item: { reason: string }) => item.reason === reason);
  await post(page, `/transfers/${handed.id}/recall`, { reason: '试毕' });
});

test('what was handed over is signed on the sheet', async ({ page }) => {
  await logIn(page, 'branch', '/transfers');
  const customer = (await of(page, 2)).customers[0];
  const { code: to } = await of(page, 1);
  const moved = await post(page, '/transfers', { customers: [customer.customer_no], to, reason: `签收 ${Date.now()}` });
  expect(moved.state).toBe('done');
  await page.goto(`/transfers/${moved.id}/sheet`);
  const buttons = page.getByRole('button', { name: /确认已(移交|接收)/ });
  await expect(page.locator('.signature').first()).toBeVisible();
  if ((await buttons.count()) > 0) {
    const signed = page.locator('.signature', { hasText: '代签' });
    await clickUntil(
      () => buttons.first().click({ timeout: 1_000 }),
      () => expect(signed).toBeVisible({ timeout: 3_000 }),
    );
    await expect(buttons, 'nobody signs both sides').toHaveCount(0);
    const sheet = await (await page.request.get(`/api/v1/transfers/${moved.id}/sheet`)).json();
    expect(sheet.parts[0].signatures).toHaveLength(1);
  }
  await examined(page);
  await post(page, `/transfers/${moved.id}/revert`, { reason: '试毕' });
});

test('the head of the unit says who has which share of a customer', async ({ page }) => {
  await logIn(page, 'branch', '/customers');
  const customer = (await of(page, 2)).customers.at(-1);
  const { code: helper } = await of(page, 1);
  await page.goto(`/customers/${customer?.customer_no}`);
  const sheet = page.getByRole('dialog');
  const open = (): Promise<void> =>
    clickUntil(
      () => page.getByRole('button', { name: '份额与协办' }).click({ timeout: 1_000 }),
      () => expect(sheet.locator('#f-charge-reason')).toBeVisible({ timeout: 1_000 }),
    );
  await open();
  await accessible(page);
  await sheet.locator('#f-charge-reason').fill('共同维护');
  await sheet.locator('#f-charge-to').fill(helper);
  await sheet.getByRole('option').first().click();
  await sheet.locator('#f-charge-share').fill('20');
  await sheet.getByRole('button', { name: '增加' }).click();
  const people = page.locator('.c360-people');
  await expect(people.getByText('20%')).toBeVisible();
  await expect(people.getByText('80%')).toBeVisible();

  await open();
  const line = sheet.locator('.c360-shares tbody tr', { hasText: helper });
  await line.locator('input[type=text]').fill('35');
  await expect(sheet.locator('.c360-shares [role=status]')).toHaveText('65%');
  await sheet.locator('#f-charge-reason').fill('调整');
  await sheet.getByRole('button', { name: '保存' }).click();
  await expect(people.getByText('35%')).toBeVisible();

  await open();
  await line.getByRole('checkbox').check();
  await sheet.locator('#f-charge-reason').fill('结束');
  await sheet.getByRole('button', { name: '保存' }).click();
  await expect(people.getByText('35%')).toBeHidden();
});

test.describe('by finger', () => {
  test.use({ viewport: { width: 1024, height: 768 }, hasTouch: true });

  test('a row is dragged by its grip onto whoever is to receive it', async ({ page, context }) => {
    await logIn(page, 'branch', '/handover');
    // Not of those whose customers others move.
    const { code: from } = await of(page, 3);
    await page.goto(`/handover?from=${from}`);
    const proposal = await propose(page);
    const row = page.locator('.handover-items tbody tr').first();
    const choice = row.locator('select');
    const before = await choice.inputValue();
    const other = (await choice.locator('option:not(:checked)').first().getAttribute('value')) ?? '';
    await row.scrollIntoViewIfNeeded();
    // As the glass sends them, so that the browser scrolls and cancels as it does for a finger.
    const glass = await context.newCDPSession(page);
    const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', at?: { x: number; y: number }) =>
      glass.send('Input.dispatchTouchEvent', { type, touchPoints: at ? [at] : [] });
    const along = async (from: { x: number; y: number }, to: { x: number; y: number }): Promise<void> => {
      for (let step = 1; step <= 8; step += 1) {
        await touch('touchMove', { x: from.x + ((to.x - from.x) * step) / 8, y: from.y + ((to.y - from.y) * step) / 8 });
      }
    };
    const middle = async (selector: string): Promise<{ x: number; y: number }> => {
      const box = await page.locator(selector).first().boundingBox();
      if (!box) throw new Error(`${selector} is not on the screen`);
      return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
    };
    const grip = await middle('.handover-items tbody tr .handover-grip');
    await touch('touchStart', grip);
    const lifted = { x: grip.x + 40, y: grip.y + 10 };
    await along(grip, lifted);
    await expect(page.locator('.handover-dock')).toBeVisible();
    await along(lifted, await middle(`.handover-dock [data-to="${other}"]`));
    await expect(page.locator(`.handover-dock [data-to="${other}"]`)).toHaveClass(/\bover\b/);
    await touch('touchEnd');
    await expect(page.locator('.handover-dock')).toBeHidden();
    await expect(choice).toHaveValue(other);
    expect(other).not.toBe(before);
    await accessible(page);

    // What was half made is thrown away again.
    const kept = async (): Promise<string> => {
      const answer = await page.request.post('/api/drafts/read', {
        data: { form: 'handover', subject: from },
        headers: { 'sec-fetch-site': 'same-origin' },
      });
      return JSON.stringify(await answer.json());
    };
    await expect(async () => expect(await kept()).toContain(other)).toPass();
    await page.reload();
    await page.getByRole('button', { name: '丢弃' }).click();
    await expect(proposal).toBeHidden();
  });
});
