import { readFile } from 'node:fs/promises';

import { expect, test } from '../support/test';
import { examined } from '../support/walk';

test.use({ keepsDrafts: true });

const password = process.env.GUANHU_DEMO_PASSWORD ?? '';

/** A feed of its own for every run: keys and the unit's code carry the time. */
function feed() {
  const run = Date.now().toString(36);
  const unit = `E2E-${run}`;
  const row = (key: string, rest: string) => `${run}-${key},personal,${rest}`;
  const customers = [
    'source_key,kind,unit,name,birth_date,sex',
    row('1', `${unit},周试一,1990-01-01,female`),
    row('2', `${unit},周试二,1991-02-02,male`),
    row('3', `${unit},周试三,1990-02-30,male`), // no such day
    row('4', `${unit},周试四,1990-01-01,unknown`), // unknown code
    row('5', `${unit},=1+1,1990-01-01,male`), // formula
    row('6', `${unit},周试六,1990-01-01`), // a column is missing
    row('2', `${unit},周试二,1991-02-02,male`), // duplicate
    row('7', 'NOWHERE,周试七,1990-01-01,male'), // broken key
    row('8', `${unit},,1990-01-01,male`), // required
    row('9', `${unit},${'长'.repeat(201)},1990-01-01,male`), // too long
    `${run}-10,personal,${unit},"周试十,1990-01-01,male`, // quote
    `${run}-11,personal,${unit},周试十一,1990-`, // cut off
  ].join('\n');
  const file = (name: string, text: string) => ({ name, mimeType: 'text/csv', buffer: Buffer.from(text) });
  return {
    name: `e2e-${run}`,
    files: [file('units.csv', `code,name,kind\n${unit},试验网点,outlet\n`), file('customers.csv', customers)],
  };
}

test('a file with ten kinds of bad rows is mapped, loaded, and rows repaired, on the page and in the file', async ({ page, browserConsole }) => {
  await page.goto('/login?next=/imports');
  await page.locator('input[name="login"]').fill('admin');
  await page.locator('input[name="password"]').fill(password);
  await page.locator('button[type="submit"]').click();
  await expect(page.getByRole('heading', { name: '数据导入' })).toBeVisible();

  const { name, files } = feed();
  await page.goto('/imports/new');
  await page.locator('input[type="file"]').setInputFiles(files);
  await expect(page.locator('.feed-files li')).toHaveCount(2);
  await page.locator('.feed-new summary').click();
  await page.locator('input[name="mapping-name"]').fill(name);
  await page.getByRole('button', { name: '从这些文件新建映射' }).click();

  // The draft has found both entities and shows what comes out.
  await expect(page.locator('.feed-load')).toHaveCount(2);
  await expect(page.locator('.feed-preview')).toHaveCount(2);
  const first = page.locator('.feed-preview').filter({ hasText: 'customers.csv' });
  await expect(first).toContainText('周**');
  await expect(first).not.toContainText('周试');
  // Code tables, joins and names need no TOML.
  await page.locator('.feed-codes summary').click();
  await page.getByRole('button', { name: '增加代码表' }).click();
  await page.locator('.feed-codes').getByLabel('名称').fill('sex');
  await page.getByRole('button', { name: '增加代码', exact: true }).click();
  await page.locator('.feed-codes').getByLabel('代码', { exact: true }).fill('M');
  await page.locator('.feed-codes').getByLabel('含义').fill('male');
  await page.locator('.feed-format summary').click();
  await page.locator('input[name="empty"]').fill('NULL; ?');
  await page.locator('.feed-load details summary').first().click();
  await page.locator('.feed-load').first().getByRole('button', { name: '增加名称' }).click();
  await page.locator('.feed-load details').first().getByLabel('名称').fill('country');
  await page.locator('.feed-load details').first().getByLabel('取自').fill('"CN"');
  await page.getByRole('tab', { name: 'TOML' }).click();
  const toml = page.locator('.feed-toml textarea');
  await expect(toml).toHaveValue(/source_key/);
  await expect(toml).toHaveValue(/\[codes\.sex\]\s+M = "male"/);
  await expect(toml).toHaveValue(/empty = \[\s*"NULL",\s*"\?",?\s*\]/);
  await expect(toml).toHaveValue(/country = '"CN"'/);
  await toml.fill(`reject_threshold = 0.99\n${await toml.inputValue()}`);
  await page.getByRole('button', { name: '保存为新版本' }).click();
  await expect(page.getByText('已保存为第 1 版。')).toBeVisible();
  await page.getByRole('tab').first().click();
  await examined(page);

  await page.getByRole('link', { name: '3 · 检查并导入' }).click();
  await expect(page.locator('.feed-files li')).toHaveCount(2);
  await page.getByRole('button', { name: '检查（不写入）' }).click();
  await expect(page.getByText('检查完成，未写入任何数据')).toBeVisible();
  await page.getByRole('button', { name: '导入', exact: true }).click();
  await expect(page.getByText('已导入', { exact: true })).toBeVisible();
  await page.getByRole('link', { name: '查看此次导入' }).click();

  const rows = page.locator('.feed-rejects tbody tr');
  await expect(rows).toHaveCount(10);
  for (const reason of ['不是日期', '未知代码', '疑似公式', '列数不符', '文件内重复', '引用的记录不存在', '缺少必填项', '过长', '引号不成对', '行不完整']) {
    await expect(page.locator('.feed-rejects')).toContainText(reason);
  }
  // Whoever loads files sees no customer: names are hidden, and go back as they were.
  const bad = rows.filter({ hasText: '不是日期' }).locator('textarea');
  await expect(bad).toHaveValue(/,周\*\*,1990-02-30,male$/);
  const draft = page.waitForResponse((response) => response.url().endsWith('/api/drafts/keep'));
  await bad.fill((await bad.inputValue()).replace('02-30', '02-28'));
  await draft;
  await page.reload();
  await expect(page.getByText('已恢复上次没有保存的内容。')).toBeVisible();
  await expect(bad).toHaveValue(/02-28/);
  await page.getByRole('button', { name: '重新提交 1 行' }).click();
  await expect(page.getByText('接受 1 条，仍拒绝 0 行。')).toBeVisible();
  await expect(rows.filter({ hasText: '不是日期' })).toContainText('已重新提交');

  // The others come back in the file that was downloaded: one repaired, one still wrong.
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: '下载 CSV' }).click()]);
  const text = await readFile(await download.path(), 'utf8');
  expect(text, 'with the whole text, for whoever brought the files').toContain('周试七');
  const repaired = text.replace('1990-01-01,unknown', '1990-01-01,male').replace('NOWHERE,周试七', 'ELSEWHERE,周试七');
  expect(repaired).not.toBe(text);
  browserConsole.expect(/422/);
  await page.locator('input[type="file"]').setInputFiles({ name: 'rejects.csv', mimeType: 'text/csv', buffer: Buffer.from(text) });
  await expect(page.getByRole('alert')).toContainText('没有改动过的行');
  await page.locator('input[type="file"]').setInputFiles({ name: 'rejects.csv', mimeType: 'text/csv', buffer: Buffer.from(repaired) });
  await expect(page.getByText('接受 1 条，仍拒绝 1 行。')).toBeVisible();
  await expect(rows.filter({ hasText: '未知代码' })).toContainText('已重新提交');
  await expect(rows.filter({ hasText: '引用的记录不存在' })).not.toContainText('已重新提交');
  await examined(page);

  // The history has the load with its figures, the rows sent again after it, and the mapping in its version.
  await page.goto('/imports');
  const loads = page.getByRole('row').filter({ hasText: name });
  await expect(loads).toHaveCount(3);
  await expect(loads.filter({ hasText: '已完成' })).toHaveCount(3);
  await expect(loads.last().getByRole('cell').nth(7)).toHaveText('10');
  await expect(page.locator('.feed-profiles li').filter({ hasText: name })).toContainText('第 1 版');
  await loads.last().getByRole('link').click();
  await expect(page.locator('.feed-rejects tbody tr')).toHaveCount(10);
});
