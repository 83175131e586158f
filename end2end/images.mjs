// The pictures of README.md, taken of a demo bank that is being served:
//   GUANHU_URL=http://127.0.0.1:3000 GUANHU_DEMO_PASSWORD=… node images.mjs [NAME …]
// Without names all of them are taken anew, into docs/images/.
import { fileURLToPath } from 'node:url';
import { chromium } from '@playwright/test';

const { GUANHU_URL: url = 'http://127.0.0.1:3000', GUANHU_DEMO_PASSWORD: password = '', GUANHU_CHROMIUM: executablePath = '/usr/bin/chromium' } = process.env;
const folder = fileURLToPath(new URL('../docs/images/', import.meta.url));

const desk = { width: 1440, height: 900 };
const customer = async (request) => {
  const { items } = await (await request.get(`${url}/api/v1/customers?limit=1&kind=personal`)).json();
  return `/customers/${items[0].customer_no}`;
};
const at = (path) => async () => path;

const PICTURES = [
  { name: 'customers', login: 'branch', path: at('/customers'), viewport: desk },
  { name: 'customer', login: 'manager', path: customer, viewport: desk },
  { name: 'customer-tablet-dark-en', login: 'manager', path: customer, viewport: { width: 1024, height: 768 }, lang: 'en', theme: 'dark' },
  { name: 'customers-phone', login: 'manager', path: at('/customers'), viewport: { width: 390, height: 844 }, touch: true },
  { name: 'board', login: 'branch', path: at('/board'), viewport: desk },
  { name: 'dashboards', login: 'executive', path: at('/dashboards'), viewport: desk },
];

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !PICTURES.some((picture) => picture.name === name));
if (unknown.length > 0) throw new Error(`no picture is called ${unknown.join(', ')}`);
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'] });
for (const { name, login, path, viewport, lang = 'zh', theme = 'light', touch = false } of PICTURES) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const locale = lang === 'zh' ? 'zh-CN' : 'en-GB';
  const context = await browser.newContext({ viewport, locale, timezoneId: 'Asia/Shanghai', serviceWorkers: 'block', hasTouch: touch, isMobile: touch });
  const answer = await context.request.post(`${url}/login`, { form: { login, password }, headers: { accept: 'application/json', 'sec-fetch-site': 'same-origin' } });
  if (answer.status() !== 200) throw new Error(`${login} cannot log in: ${answer.status()}`);
  // After the login, which sets what its user last chose.
  await context.addCookies([['list_tour', 'done'], ['lang', lang], ['theme', theme]].map(([cookie, value]) => ({ name: cookie, value, url })));
  await context.addInitScript(() => document.addEventListener('guanhu:alive', () => { window.alive = true; }));
  const page = await context.newPage();
  await page.goto(url + (await path(context.request)));
  await page.waitForFunction(() => window.alive === true);
  await page.waitForLoadState('networkidle');
  await page.screenshot({ path: `${folder}${name}.png` });
  console.log(`${folder}${name}.png`);
  await context.close();
}
await browser.close();
