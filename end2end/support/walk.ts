import AxeBuilder from '@axe-core/playwright';
import { type Page } from '@playwright/test';
import { expect } from './test';
import { words } from './words';

const SAID = words();
/** Reasons and titles that people and feeds wrote, in words that are ours as well. */
const DATA = new Set(['协办', '收入证明', '借款合同', '看板调整', '客户经理', '中文', '王小明']);
/** Least size of what is pressed, in pixels: by a pointer, by a finger. */
export const FINE = 24;
export const FINGER = 44;

export async function settled(page: Page): Promise<void> {
  await expect(page.locator('h1').first()).toBeAttached();
  // The gallery shows what waiting looks like.
  if (page.url().endsWith('/gallery')) return;
  // What is far down is asked for once it comes into sight.
  await expect(async () => {
    const waits = page.locator('.skeleton');
    if ((await waits.count()) > 0) await waits.first().scrollIntoViewIfNeeded({ timeout: 500 });
    expect(await waits.count()).toBe(0);
  }).toPass();
  await page.evaluate(() => scrollTo(0, 0));
}

/** Colours change at once, so that no contrast is measured half-way. */
export async function atRest(page: Page): Promise<void> {
  await page.emulateMedia({ reducedMotion: 'reduce' });
}

/** At once is still a frame later. */
export async function darken(page: Page): Promise<void> {
  await page.evaluate(async () => {
    document.documentElement.setAttribute('data-theme', 'dark');
    const frame = (): Promise<number> => new Promise(requestAnimationFrame);
    await frame();
    await frame();
    const ends = document.getAnimations().filter((one) => one.effect?.getComputedTiming().endTime !== Infinity);
    await Promise.allSettled(ends.map((one) => one.finished));
    await frame();
  });
}

/** Switches by the button in the bar, without loading anything anew. */
export async function speak(page: Page, lang: 'zh' | 'en'): Promise<void> {
  const html = page.locator('html');
  await expect(async () => {
    if (!(await html.getAttribute('lang'))?.startsWith(lang)) {
      await page.locator('.topbar, .login-head').getByRole('button', { name: lang === 'en' ? /^(EN|English)$/ : /^中文$/ }).click();
    }
    await expect(html).toHaveAttribute('lang', new RegExp(`^${lang}`), { timeout: 500 });
  }).toPass();
}

export async function fits(page: Page): Promise<void> {
  const { wide, room, culprit } = await page.evaluate(() => {
    const room = document.documentElement.clientWidth;
    const out = [...document.querySelectorAll('body *')].find((one) => {
      const box = one.getBoundingClientRect();
      return box.width > 0 && box.right > room + 1 && getComputedStyle(one).position !== 'fixed' && !one.closest('.table-scroll, .table-wrap, dialog, .sr-only');
    });
    return { wide: document.documentElement.scrollWidth, room, culprit: out?.outerHTML.slice(0, 160) };
  });
  expect.soft(wide, `${page.url()} at ${room} px: ${culprit}`).toBeLessThanOrEqual(room);
}

/** Nothing that is said in the other language only. Names, reasons and products are data: only whole texts of ours count. */
export async function translated(page: Page, lang: 'zh' | 'en'): Promise<void> {
  const texts = (): Promise<string[]> => page.evaluate(() => {
    const found: string[] = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const within = node.parentElement;
      if (within && !within.closest('script, style, code, kbd, .help-text, [lang]:not(html)') && within.checkVisibility()) found.push(node.textContent?.trim() ?? '');
    }
    for (const one of document.querySelectorAll('[aria-label], [title], [placeholder]')) {
      if (one.checkVisibility()) found.push(...['aria-label', 'title', 'placeholder'].map((name) => one.getAttribute(name)?.trim() ?? ''));
    }
    return found;
  });
  const others = lang === 'en' ? SAID.zh : SAID.en;
  // What the server words is asked for again.
  const foreign = async (): Promise<string[]> => [...new Set(await texts())].filter((text) => others.has(text) && !DATA.has(text));
  await expect.configure({ soft: true }).poll(foreign, `${page.url()} in ${lang}`).toEqual([]);
}

export async function clean(page: Page, only?: string): Promise<void> {
  const builder = new AxeBuilder({ page });
  const { violations } = await (only === undefined ? builder : builder.withRules([only])).analyze();
  const colours = (data: { fgColor?: string; bgColor?: string } | undefined): string => (data?.fgColor ? ` (${data.fgColor} on ${data.bgColor})` : '');
  const told = violations.map((one) => `${one.id}: ${one.nodes.slice(0, 4).map((node) => node.target.join(' ') + colours(node.any[0]?.data)).join(', ')}`);
  expect.soft(told, `${page.url()} ${only ?? ''}`).toEqual([]);
}

/** What is pressed is large enough, or stands far enough from the next (WCAG 2.5.8). Links in running text are as large as text. */
export async function pressable(page: Page, least: number): Promise<void> {
  const small = await page.evaluate((least) => {
    const selector = 'button, select, input:not([type=hidden]), textarea, summary, [role=tab], [role=option], nav a, a.btn, a.chip';
    const boxes = [...document.querySelectorAll<HTMLElement>(selector)]
      .filter((one) => one.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && !one.closest('.sr-only, .skip, [inert]'))
      .map((one) => {
        const label = one instanceof HTMLInputElement && /checkbox|radio/.test(one.type) ? one.closest('label, td, th') : null;
        const box = (label ?? one).getBoundingClientRect();
        return { one, box };
      })
      .filter(({ box }) => box.width > 0 && box.height > 0 && box.bottom > 0 && box.right > 0 && box.left < innerWidth);
    const crowded = ({ one, box }: (typeof boxes)[number]): boolean => {
      const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
      return boxes.some((other) => {
        if (other.one === one || other.one.contains(one) || one.contains(other.one)) return false;
        const dx = Math.max(other.box.left - x, 0, x - other.box.right);
        const dy = Math.max(other.box.top - y, 0, y - other.box.bottom);
        return Math.hypot(dx, dy) < least / 2 - 0.5;
      });
    };
    return boxes
      .filter((target) => Math.min(target.box.width, target.box.height) < least - 0.5 && crowded(target))
      .map(({ one, box }) => `${Math.round(box.width)}×${Math.round(box.height)} ${one.outerHTML.slice(0, 110)}`);
  }, least);
  expect.soft(small.slice(0, 8), `${page.url()}: under ${least} px`).toEqual([]);
}

/** Whatever Tab reaches shows that it is reached. */
export async function focused(page: Page): Promise<void> {
  const lost: string[] = [];
  for (let at = 0; at < 14; at += 1) {
    await page.keyboard.press('Tab');
    const seen = await page.evaluate(() => {
      const active = document.activeElement;
      if (!active || active === document.body) return '';
      let one: Element | null = active;
      for (let up = 0; one && up < 4; up += 1, one = one.parentElement) {
        const style = getComputedStyle(one);
        if ((style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== 'none') return '';
      }
      return active.outerHTML.slice(0, 120);
    });
    if (seen) lost.push(seen);
  }
  expect.soft(lost, `${page.url()}: no visible focus`).toEqual([]);
}

/** The headings of the page that can be seen. */
function headings(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>('main h1, main h2')].filter((one) => one.checkVisibility()).map((one) => one.innerText.trim()),
  );
}

/** As narrow as this nothing is cut off at the side, and no part of the page is missing. */
export async function reflows(page: Page, width: number, height: number): Promise<void> {
  const whole = await headings(page);
  await page.setViewportSize({ width, height });
  await fits(page);
  await expect.configure({ soft: true }).poll(() => headings(page), `${page.url()} at ${width} px`).toEqual(whole);
}

/** A desk's screen enlarged to 200 %, and a phone's or the same desk's enlarged to 400 % (WCAG 1.4.4 and 1.4.10). */
export const TWICE = [720, 450] as const;
export const NARROW = [320, 640] as const;

/** All of it, of a page that only a story of its own leads to. */
export async function examined(page: Page): Promise<void> {
  await atRest(page);
  await page.setViewportSize({ width: 1440, height: 900 });
  await settled(page);
  await speak(page, 'zh');
  await translated(page, 'zh');
  await focused(page);
  await pressable(page, FINE);
  await fits(page);
  await clean(page);
  await page.setViewportSize({ width: 1024, height: 768 });
  await fits(page);
  await speak(page, 'en');
  await translated(page, 'en');
  await darken(page);
  await clean(page);
  await page.setViewportSize({ width: 390, height: 844 });
  await fits(page);
  await reflows(page, ...TWICE);
  await reflows(page, ...NARROW);
  await page.evaluate(() => document.documentElement.removeAttribute('data-theme'));
  await page.setViewportSize({ width: 1440, height: 900 });
  await speak(page, 'zh');
}
