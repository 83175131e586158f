import { expect, test } from '../support/test';

test('the login page asks for a login and a password', async ({ page }) => {
  const answer = await page.goto('/login');
  expect(answer?.status()).toBe(200);
  await expect(page.locator('input[type="password"]')).toBeVisible();
});
