import { accessible, clickUntil, logIn } from '../support/people';
import { expect, test } from '../support/test';

test('an administrator sets a parameter, is told of a wrong figure, and sees what it was before', async ({ page, newSession }) => {
  await logIn(page, 'admin', '/admin/parameters');
  await expect(page).toHaveTitle('参数');
  const limit = page.getByRole('region', { name: '每人每日查看明文次数' });
  const typed = limit.locator('#f-reveal-daily_limit-value');
  const save = limit.getByRole('button', { name: '保存' });
  await expect(save).toBeDisabled();
  await accessible(page);

  // What is wrong is said beside the field before the server hears of it.
  await clickUntil(
    () => typed.fill('20000'),
    () => expect(limit.locator('.field-error')).toContainText('10000', { timeout: 500 }),
  );
  await expect(save).toBeDisabled();

  for (const figure of ['60', '50']) {
    await typed.fill(figure);
    await expect(save).toBeEnabled();
    await save.click();
    await expect(save).toBeDisabled();
    await expect(limit).toContainText('admin 修改于');
  }
  await page.reload();
  await expect(typed).toHaveValue('50');
  await limit.locator('summary').click();
  await expect(limit.locator('tbody tr').first()).toContainText('60');
  await accessible(page);

  // Nobody else finds the page, or what it reads.
  const manager = await (await newSession()).newPage();
  await logIn(manager, 'manager', '/customers');
  await expect(manager.getByRole('link', { name: '参数' })).toHaveCount(0);
});
