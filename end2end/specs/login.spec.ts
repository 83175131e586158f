import { createHmac } from 'node:crypto';
import type { APIRequestContext, Page } from '@playwright/test';
import { clickUntil, logIn, password } from '../support/people';
import { expect, test } from '../support/test';

const OURS = { 'sec-fetch-site': 'same-origin', accept: 'application/json' };

async function fill(page: Page, login: string, secret: string): Promise<void> {
  await page.locator('input[name="login"]').fill(login);
  await page.locator('input[name="password"]').fill(secret);
  await page.locator('button[type="submit"]').click();
}

/** The answer of a server function, as text: only single values are looked for in it. */
async function call(request: APIRequestContext, name: string, data: unknown): Promise<string> {
  const answer = await request.post(`/api/${name}`, { data, headers: OURS });
  expect(answer.ok(), `${name}: ${answer.status()}`).toBeTruthy();
  return answer.text();
}

/** The code of an authenticator, so many steps of thirty seconds from now (RFC 6238). */
function totp(secret: string, later: number): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...secret.replace(/[\s=]/g, '')].map((c) => alphabet.indexOf(c).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + later));
  const digest = createHmac('sha1', key).update(step).digest();
  const at = digest[19] & 0x0f;
  return String((digest.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

test('the login page asks for a login and a password', async ({ page }) => {
  const answer = await page.goto('/login');
  expect(answer?.status()).toBe(200);
  await expect(page.locator('input[type="password"]')).toBeVisible();
});

test('whoever wanted a page gets it after logging in, question and all', async ({ page }) => {
  await page.goto('/customers?sort=-deposits');
  await page.waitForURL(/\/login\?next=/);
  await fill(page, 'manager', password);
  await page.waitForURL('**/customers?sort=-deposits');
  await expect(page.getByRole('heading', { level: 1, name: '客户' })).toBeVisible();
  // Logged in already: the login page has nothing to ask.
  await page.goto('/login');
  await page.waitForURL((url) => !url.pathname.startsWith('/login'));
});

test('no other site is gone to after logging in', async ({ page, baseURL }) => {
  for (const next of ['//evil.example/', 'https://evil.example/', '/\\evil.example']) {
    await page.context().clearCookies();
    await page.goto(`/login?next=${encodeURIComponent(next)}`);
    await fill(page, 'executive', password);
    await page.waitForURL((url) => !url.pathname.startsWith('/login'));
    expect(new URL(page.url()).origin, next).toBe(new URL(baseURL ?? '').origin);
    // What the page still asks for would find nobody logged in.
    await page.goto('about:blank');
  }
});

test('a wrong password is told beside the form, and a plain form works without scripts', async ({ page, browser, baseURL, browserConsole }) => {
  browserConsole.expect(/status of 401/);
  await page.goto('/login');
  await fill(page, 'manager', 'not the password of anybody');
  await expect(page.getByRole('alert')).toContainText('不正确');
  await expect(page.locator('input[name="login"]')).toHaveValue('manager');
  await expect(page).toHaveURL(/\/login/);

  const plain = await browser.newContext({ javaScriptEnabled: false, baseURL, locale: 'zh-CN' });
  const form = await plain.newPage();
  await form.goto('/login?next=%2Faccount');
  await fill(form, 'branch', 'not the password of anybody');
  await expect(form.getByRole('alert')).toContainText('不正确');
  await fill(form, 'branch', password);
  await form.waitForURL('**/account');
  await expect(form.getByRole('heading', { level: 1, name: '我的账户' })).toBeVisible();
  await plain.close();
});

test('guessing is stopped, for logins that nobody has too', async ({ page, browserConsole }) => {
  browserConsole.expect(/status of (401|429)/);
  const nobody = `nobody.${Date.now().toString(36)}`;
  await page.goto('/login');
  const alert = page.getByRole('alert');
  for (let guess = 0; guess < 5; guess += 1) {
    const answered = page.waitForResponse((response) => response.request().method() === 'POST' && response.url().endsWith('/login'));
    await fill(page, nobody, `guess number ${guess} of a stranger`);
    expect((await answered).status()).toBe(401);
  }
  await fill(page, nobody, 'one guess more');
  await expect(alert).toContainText('尝试次数过多');
  await expect(alert).toContainText(/\d/);
});

test('a second factor is set up, asked for, and replaced by a recovery code when the phone is lost', async ({ page, newSession, browserConsole }) => {
  test.setTimeout(120_000);
  browserConsole.expect(/status of 401/);
  const login = `two.${Date.now().toString(36)}`;
  const secret = `山高水长 ${login} 不舍昼夜`;

  // Two people make a user.
  const admin = await (await newSession()).newPage();
  await logIn(admin, 'admin', '/admin/users');
  const asked = { login, name: '司徒双', grant: { role: 'executive', org: '00' }, reason: '新到任的分管行长' };
  const oneTime = /"password":"([^"]+)"/.exec(await call(admin.request, 'users/create', { new: asked }))?.[1] ?? '';
  const security = await (await newSession()).newPage();
  await logIn(security, 'security', '/admin/approvals');
  const waiting = security.locator('.request', { hasText: login });
  await expect(async () => {
    const approve = waiting.getByRole('button', { name: '批准' });
    if (await approve.isVisible()) await approve.click({ timeout: 2_000 });
    await expect(waiting).toContainText('已批准', { timeout: 1_000 });
  }).toPass();

  await logIn(page, login, '/account', oneTime);
  // The page is alive once the form is sent.
  await expect(async () => {
    if (new URL(page.url()).pathname === '/account') {
      await page.locator('#f-current').fill(oneTime);
      await page.locator('#f-new').fill(secret);
      await page.locator('#f-again').fill(secret);
      await page.getByRole('button', { name: '修改密码' }).click();
    }
    await page.waitForURL((url) => url.pathname !== '/account', { timeout: 5_000 });
  }).toPass();

  await page.goto('/account');
  const dialog = page.getByRole('dialog');
  await clickUntil(
    () => page.getByRole('button', { name: '绑定动态码' }).first().click({ timeout: 2_000 }),
    () => expect(dialog).toBeVisible({ timeout: 1_000 }),
  );
  await dialog.locator('#f-factor-password').fill(secret);
  await dialog.getByRole('button', { name: '继续' }).click();
  const seed = await dialog.locator('.factor-secret code').innerText();
  await dialog.locator('#f-factor-totp').fill(totp(seed, 0));
  await dialog.getByRole('button', { name: '确认' }).click();
  await expect(dialog.locator('.factor-codes li').first()).toBeVisible();
  const codes = await dialog.locator('.factor-codes li').allInnerTexts();
  expect(codes.length).toBeGreaterThan(4);
  await dialog.getByRole('button', { name: '已经存好' }).click();
  await expect(page.getByText('已绑定')).toBeVisible();

  // Elsewhere: the password alone is not enough, nor is a wrong code.
  const phone = await (await newSession()).newPage();
  await phone.goto('/login?next=%2Faccount');
  await fill(phone, login, secret);
  const code = phone.locator('input[name="totp"]');
  await expect(code).toBeFocused();
  await code.fill('000000');
  await phone.locator('button[type="submit"]').click();
  await expect(phone.getByRole('alert')).toContainText('不正确');
  await phone.locator('input[name="password"]').fill(secret);
  // A code is good once: the next one.
  await code.fill(totp(seed, 1));
  await phone.locator('button[type="submit"]').click();
  await phone.waitForURL('**/account');

  const lost = await (await newSession()).newPage();
  await lost.goto('/login?next=%2Faccount');
  await fill(lost, login, secret);
  await expect(lost.locator('input[name="totp"]')).toBeVisible();
  // A form that was sent before the page was alive comes back without what was typed.
  await lost.locator('input[name="login"]').fill(login);
  await lost.locator('input[name="password"]').fill(secret);
  await lost.locator('input[name="totp"]').fill(codes[0] as string);
  await lost.locator('button[type="submit"]').click();
  await lost.waitForURL((url) => url.pathname === '/account');
  await expect(lost.getByText(`还剩 ${codes.length - 1} 个恢复码`)).toBeVisible();
});
