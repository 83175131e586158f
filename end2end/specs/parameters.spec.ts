import { accessible, clickUntil, enter, logIn } from '../support/people';
import { expect, test } from '../support/test';

test('an administrator sets a parameter, is told of a wrong figure, and sees what it was before', async ({ page, newSession, browserConsole }) => {
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

  // Somebody else sets it meanwhile: both figures are shown, and the choice is left.
  browserConsole.expect(/status of 412/);
  const other = (await newSession()).request;
  await enter(other, 'admin');
  const { items } = await (await other.get('/api/v1/parameters')).json();
  const { version } = items.find((item: { key: string }) => item.key === 'reveal.daily_limit');
  const set = await other.put('/api/v1/parameters/reveal.daily_limit', {
    data: { value: 55 },
    headers: { 'idempotency-key': crypto.randomUUID(), 'if-match': `"${version}"`, 'sec-fetch-site': 'same-origin' },
  });
  expect(set.status(), await set.text()).toBeLessThan(300);
  await typed.fill('70');
  await save.click();
  const clash = limit.getByRole('alert');
  await expect(clash).toContainText('他人已先保存');
  await expect(clash.getByRole('cell')).toHaveText([/55/, /70/]);
  await accessible(page);
  await clash.getByRole('button', { name: '用我的覆盖' }).click();
  await expect(clash).toHaveCount(0);
  await expect(save).toBeDisabled();
  await page.reload();
  await expect(typed).toHaveValue('70');
  await clickUntil(
    () => typed.fill('50'),
    () => expect(save).toBeEnabled({ timeout: 500 }),
  );
  await save.click();
  await expect(save).toBeDisabled();

  // Nobody else finds the page, or what it reads.
  const manager = await (await newSession()).newPage();
  await logIn(manager, 'manager', '/customers');
  await expect(manager.getByRole('link', { name: '参数' })).toHaveCount(0);
});
