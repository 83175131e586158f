// What a browser sees: bytes, paints, shifts and delays of the first pages, and frames while ten thousand rows and
// cards are scrolled and dragged. Chromium with its processor slowed down four times, 1024 × 768.
// `cargo xtask bench browser` says where the bank is, and prints what this writes.
import { writeFileSync } from 'node:fs';
import { chromium } from '@playwright/test';

const { GUANHU_URL: url, GUANHU_DEMO_PASSWORD: password, GUANHU_CHROMIUM: executablePath, GUANHU_BENCH_OUT: out } = process.env;
const SLOWER = 4;
const TIMES = 5;

const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'] });

/** A new browser, nothing in its cache, logged in as `login`. */
async function enter(login) {
  const context = await browser.newContext({ viewport: { width: 1024, height: 768 }, locale: 'zh-CN', timezoneId: 'Asia/Shanghai', serviceWorkers: 'block' });
  await context.addCookies([{ name: 'list_tour', value: 'done', url }]);
  if (login) {
    const answer = await context.request.post(`${url}/login`, { form: { login, password }, headers: { accept: 'application/json', 'sec-fetch-site': 'same-origin' } });
    if (answer.status() !== 200) throw new Error(`${login} cannot log in: ${answer.status()}`);
  }
  await context.addInitScript(() => {
    const seen = { lcp: 0, cls: 0, fcp: 0, inp: 0, alive: 0 };
    window.seen = seen;
    const observe = (type, then, more = {}) => new PerformanceObserver((list) => list.getEntries().forEach(then)).observe({ type, buffered: true, ...more });
    observe('largest-contentful-paint', (entry) => { seen.lcp = entry.startTime; });
    observe('layout-shift', (entry) => { if (!entry.hadRecentInput) seen.cls += entry.value; });
    observe('paint', (entry) => { if (entry.name === 'first-contentful-paint') seen.fcp = entry.startTime; });
    observe('event', (entry) => { if (entry.interactionId) seen.inp = Math.max(seen.inp, entry.duration); }, { durationThreshold: 16 });
    document.addEventListener('guanhu:alive', () => { seen.alive ||= performance.now(); });
  });
  const page = await context.newPage();
  const devtools = await context.newCDPSession(page);
  await devtools.send('Emulation.setCPUThrottlingRate', { rate: SLOWER });
  await devtools.send('Network.enable');
  const arrived = [];
  devtools.on('Network.loadingFinished', ({ encodedDataLength }) => arrived.push({ at: Date.now(), bytes: encodedDataLength }));
  return { context, page, arrived };
}

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

/** A page opened for the first time, and what one does there. */
async function first(name, login, path, act) {
  const runs = [];
  for (let time = 0; time < TIMES; time += 1) {
    const { context, page, arrived } = await enter(login);
    await page.goto(url + path);
    await page.waitForFunction(() => window.seen.alive > 0 && window.seen.fcp > 0);
    const begin = await page.evaluate(() => performance.timeOrigin);
    const { fcp, alive } = await page.evaluate(() => window.seen);
    const upTo = (end) => arrived.filter(({ at }) => at <= begin + end).reduce((sum, { bytes }) => sum + bytes, 0);
    await page.waitForLoadState('networkidle');
    await act(page);
    // Longer than the longest event, which is told after the next frame.
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 300))));
    const { lcp, cls, inp } = await page.evaluate(() => window.seen);
    runs.push({ fcp, lcp, alive, cls, inp, paint_bytes: upTo(fcp), alive_bytes: upTo(alive) });
    await context.close();
  }
  const row = { name, runs };
  for (const key of Object.keys(runs[0])) row[key] = median(runs.map((run) => run[key]));
  return row;
}

/**
 * Lengths of frames, ms, while `act` goes on; and the longest time for which none of five points in the middle of
 * `place` (a selector) showed a `row`.
 */
async function frames(name, page, act, place, row) {
  await page.evaluate(([place, row]) => {
    const { x, y, width, height } = document.querySelector(place).getBoundingClientRect();
    const points = [0.3, 0.4, 0.5, 0.6, 0.7].map((part) => [x + width / 2, Math.min(y + height, innerHeight) * part + y * (1 - part)]);
    const shows = () => points.some(([x, y]) => document.elementsFromPoint(x, y).some((one) => one.closest(row)));
    window.frames_seen = [];
    window.blank_most = 0;
    let last = performance.now();
    let shown = last;
    const next = (now) => {
      window.frames_seen.push(now - last);
      last = now;
      if (shows()) shown = now;
      window.blank_most = Math.max(window.blank_most, now - shown);
      window.frames_on = requestAnimationFrame(next);
    };
    window.frames_on = requestAnimationFrame(next);
  }, [place, row]);
  await act();
  const [all, blank] = await page.evaluate(() => { cancelAnimationFrame(window.frames_on); return [window.frames_seen.slice(1), window.blank_most]; });
  const seen = [...all].sort((a, b) => a - b);
  const at = (percent) => seen[Math.min(seen.length - 1, Math.floor((seen.length * percent) / 100))];
  return { name, frames: seen.length, all, p50: at(50), p95: at(95), p99: at(99), late: seen.filter((length) => length > 25).length / seen.length, blank };
}

/** Scrolls the list to its end until so many rows have come, or there are no more; how many there are. */
async function load(page, wanted) {
  for (;;) {
    const { rows, more, height } = await page.evaluate(() => {
      const scroll = document.querySelector('.table-scroll');
      const height = scroll.scrollHeight;
      scroll.scrollTop = height;
      return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => {
        const shown = [...document.querySelectorAll('#customers tbody tr[role=row]')].map((one) => Number(one.getAttribute('aria-rowindex')) - 1);
        done({ rows: Math.max(0, ...shown), more: document.querySelector('#customers').getAttribute('aria-rowcount') === '-1', height });
      })));
    });
    if (rows >= wanted || !more) return rows;
    // The next rows come by themselves when the end is near.
    await page.waitForFunction((height) => document.querySelector('.table-scroll').scrollHeight > height
      || document.querySelector('#customers').getAttribute('aria-rowcount') !== '-1', height);
  }
}

const press = async (page, locator) => { await locator.first().click(); };
const { items } = await (async () => {
  const { context } = await enter('branch');
  const answer = await (await context.request.get(`${url}/api/v1/customers?limit=1`)).json();
  await context.close();
  return answer;
})();

const pages = [
  await first('login', null, '/login', async (page) => { await page.locator('input[name=login]').pressSequentially('manager'); }),
  await first('list', 'manager', '/customers', async (page) => {
    await page.locator('#customer-search').pressSequentially('zhang');
    await page.waitForLoadState('networkidle');
    await page.locator('tbody td.pick input').first().click();
  }),
  await first('customer', 'branch', `/customers/${items[0].customer_no}`, async (page) => {
    await page.keyboard.press('c');
    await page.locator('#f-summary').pressSequentially('电话');
    await page.keyboard.press('Escape');
  }),
  await first('board', 'branch', '/board', async (page) => {
    await page.locator('.bcol').nth(1).locator('.bcard').first().click();
    for (const key of ['ArrowDown', 'ArrowDown', 'ArrowRight']) await page.keyboard.press(key);
  }),
  await first('dashboards', 'executive', '/dashboards', async (page) => { await press(page, page.locator('.chart button:visible')); }),
];

const smooth = [];
const live = [];
{
  const { context, page } = await enter('branch');
  await page.goto(`${url}/customers?sort=-aum`);
  await page.waitForFunction(() => window.seen.alive > 0);
  const rows = await load(page, 10_000);
  const far = await page.evaluate(() => {
    const scroll = document.querySelector('.table-scroll');
    const far = scroll.scrollHeight;
    scroll.scrollTop = 0;
    return far;
  });
  await page.locator('#customers tbody tr[role=row]').first().hover();
  smooth.push(await frames(`list of ${rows} scrolled`, page, async () => {
    // From its beginning to its end.
    for (let turn = 0; turn < 120; turn += 1) { await page.mouse.wheel(0, far / 120); await page.waitForTimeout(16); }
  }, '.table-scroll', '#customers tbody tr[role=row]'));
  // The board of whoever has the most customers.
  const league = await (await page.request.get(`${url}/api/v1/managers/performance`)).json();
  const [first] = league.items.filter((line) => line.code).sort((a, b) => b.customers - a.customers);
  await page.goto(`${url}/board?org=${first.org}&sort=-aum`);
  await page.waitForFunction(() => window.seen.alive > 0);
  // The column with the most customers.
  const counts = await page.locator('.bcol').evaluateAll((all) => all.map((one) => Number((one.querySelector('.bcol-figures dd')?.textContent ?? '0').replaceAll(',', ''))));
  const most = counts.indexOf(Math.max(...counts.slice(1)));
  const column = page.locator('.bcol').nth(most);
  await column.scrollIntoViewIfNeeded();
  await column.locator('.bcol-list').evaluate((one) => one.setAttribute('data-measured', ''));
  const list = await column.locator('.bcol-list').boundingBox();
  await page.mouse.move(list.x + 60, list.y + 120);
  smooth.push(await frames(`board column of ${counts[most]} scrolled`, page, async () => {
    // Ten thousand cards in all.
    for (let turn = 0; turn < 120; turn += 1) { await page.mouse.wheel(0, 4_400); await page.waitForTimeout(16); }
  }, '[data-measured]', '.bcard, .bgroup'));
  const card = await column.locator('.bcard').nth(2).boundingBox();
  await page.mouse.move(card.x + 40, card.y + 20);
  await page.mouse.down();
  await page.mouse.move(card.x + 60, card.y + 30);
  smooth.push(await frames('a card dragged over the board', page, async () => {
    for (let turn = 0; turn < 120; turn += 1) {
      await page.mouse.move(200 + 5 * turn, 400 + 60 * Math.sin(turn / 8));
      await page.waitForTimeout(16);
    }
  }, '[data-measured]', '.bcard, .bgroup'));
  await page.keyboard.press('Escape');
  await page.mouse.up();
  // Somebody else moves a customer to and fro; from the answer until it stands in the other column here.
  await page.goto(`${url}/board?org=${first.org}&sort=-aum`);
  await page.waitForFunction(() => window.seen.alive > 0);
  const other = league.items.find((line) => line.code && line.code !== first.code && line.org === first.org);
  const [richest] = (await (await page.request.get(`${url}/api/v1/customers?manager=${first.code}&sort=-aum&limit=1`)).json()).items;
  for (let time = 0; time < 20; time += 1) {
    const to = time % 2 === 0 ? other : first;
    const data = { customers: [richest.customer_no], to: to.code, reason: 'benchmark' };
    const there = page.locator('.bcol', { has: page.locator('.bcol-name', { hasText: to.name }) }).locator('.bcard', { hasText: richest.name });
    const seen = there.first().waitFor({ state: 'attached', timeout: 10_000 }).then(() => Date.now());
    const key = `00000000-0000-4000-8000-${String(Date.now()).padStart(12, '0').slice(-12)}`;
    const answer = await page.request.post(`${url}/api/v1/transfers`, { data, headers: { 'Idempotency-Key': key, 'sec-fetch-site': 'same-origin' } });
    const answered = Date.now();
    if (answer.status() >= 300) throw new Error(`not moved: ${answer.status()} ${await answer.text()}`);
    live.push(Math.max(0, (await seen) - answered));
  }
  await context.close();
}
live.sort((a, b) => a - b);
await browser.close();
writeFileSync(out, JSON.stringify({ slower: SLOWER, pages, frames: smooth, live: { times: live.length, all: live, p50: live[Math.floor(live.length / 2)], p95: live[Math.floor(live.length * 0.95)] } }, null, 1));
