import { type BrowserContext, type BrowserContextOptions, test as base } from '@playwright/test';

export { expect } from '@playwright/test';

/** What the console of every page of a test may not say. */
const HYDRATION = /hydrat|panicked|unreachable executed/i;

/** Collects what goes wrong in the browser; a test fails when anything is left at its end. */
export class Console {
  private readonly said: string[] = [];
  private readonly expected: RegExp[] = [];

  /** For a test that provokes an error: a refused request is logged by the browser itself. */
  expect(pattern: RegExp): void {
    this.expected.push(pattern);
  }

  /** Listens to all pages of a context, those that are opened later too. */
  watch(context: BrowserContext): void {
    context.on('console', (message) => {
      const text = message.text();
      if (message.type() === 'error' || (message.type() === 'warning' && HYDRATION.test(text))) {
        this.said.push(`${message.type()} at ${message.page()?.url()}: ${text}`);
      }
    });
    context.on('weberror', (error) => {
      this.said.push(`uncaught at ${error.page()?.url()}: ${error.error()}`);
    });
  }

  /** All that was said and not expected. */
  complaints(): string[] {
    return this.said.filter((text) => !this.expected.some((pattern) => pattern.test(text)));
  }
}

/** Whoever has work to do has seen the tour: it is not offered. */
async function settle(context: BrowserContext): Promise<void> {
  const { origin } = new URL(process.env.GUANHU_URL ?? 'http://127.0.0.1:3000');
  await context.addCookies([{ name: 'list_tour', value: 'done', url: origin }]);
}

interface Fixtures {
  /** What went wrong in the browser so far. */
  browserConsole: Console;
  /** A second person at another machine: a context with cookies of its own, watched as well. */
  newSession: (options?: BrowserContextOptions) => Promise<BrowserContext>;
}

/** Playwright's `test`, failing on console errors, uncaught errors and hydration warnings. */
export const test = base.extend<Fixtures>({
  context: async ({ context }, use) => {
    await settle(context);
    await use(context);
  },
  browserConsole: [
    async ({ context }, use) => {
      const browserConsole = new Console();
      browserConsole.watch(context);
      await use(browserConsole);
      const complaints = browserConsole.complaints();
      if (complaints.length > 0) {
        throw new Error(`The browser's console is not empty:\n${complaints.join('\n')}`);
      }
    },
    { auto: true },
  ],
  newSession: async ({ browser, browserConsole, contextOptions }, use) => {
    const opened: BrowserContext[] = [];
    await use(async (options) => {
      const context = await browser.newContext({ ...contextOptions, ...options });
      await settle(context);
      browserConsole.watch(context);
      opened.push(context);
      return context;
    });
    await Promise.all(opened.map((context) => context.close()));
  },
});
