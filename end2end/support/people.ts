import AxeBuilder from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';

/** Of everybody in the demo bank. */
export const password = process.env.GUANHU_DEMO_PASSWORD ?? '';

/** Logs in and goes to `next`. */
export async function logIn(page: Page, login: string, next: string, secret: string = password): Promise<void> {
  await page.goto(`/login?next=${encodeURIComponent(next)}`);
  await page.locator('input[name="login"]').fill(login);
  await page.locator('input[name="password"]').fill(secret);
  await page.locator('button[type="submit"]').click();
  await page.waitForURL((url) => !url.pathname.startsWith('/login'));
}

/** Nothing that axe finds serious may stand on the page. */
export async function accessible(page: Page): Promise<void> {
  const found = await new AxeBuilder({ page }).analyze();
  const serious = found.violations.filter((one) => one.impact === 'serious' || one.impact === 'critical');
  expect(serious.map((one) => `${one.id}: ${one.nodes.map((node) => node.target.join(' ')).join(', ')}`)).toEqual([]);
}

/** Clicks until it has an effect: a button drawn by the server does nothing until the page is alive. */
export async function clickUntil(act: () => Promise<void>, seen: () => Promise<void>): Promise<void> {
  await expect(async () => {
    await act();
    await seen();
  }).toPass();
}
