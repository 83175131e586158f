import AxeBuilder from '@axe-core/playwright';
import { type APIRequestContext, expect, type Page } from '@playwright/test';

/** Of everybody in the demo bank. */
export const password = process.env.GUANHU_DEMO_PASSWORD ?? '';

/** A session for all pages of this request's context. The form itself is what `login.spec.ts` is about. */
export async function enter(request: APIRequestContext, login: string, secret: string = password): Promise<void> {
  const answer = await request.post('/login', {
    form: { login, password: secret },
    headers: { accept: 'application/json', 'sec-fetch-site': 'same-origin' },
  });
  expect(answer.status(), `${login} has the password that GUANHU_DEMO_PASSWORD gives the demo logins`).toBe(200);
}

/** Logs in and goes to `next`. */
export async function logIn(page: Page, login: string, next: string, secret: string = password): Promise<void> {
  await enter(page.request, login, secret);
  await page.goto(next);
}

/** Nothing against WCAG may stand on the page, and nothing else that axe finds serious. */
export async function accessible(page: Page): Promise<void> {
  const found = await new AxeBuilder({ page }).analyze();
  const serious = found.violations.filter(
    (one) => one.impact === 'serious' || one.impact === 'critical' || one.tags.some((tag) => tag.startsWith('wcag')),
  );
  expect(serious.map((one) => `${one.id}: ${one.nodes.map((node) => node.target.join(' ')).join(', ')}`)).toEqual([]);
}

/** Clicks until it has an effect: a button drawn by the server does nothing until the page is alive. */
export async function clickUntil(act: () => Promise<void>, seen: () => Promise<void>): Promise<void> {
  await expect(async () => {
    // It may be the effect of the time before that stands in the way: then it is there.
    await act().catch(() => undefined);
    await seen();
  }).toPass();
}
