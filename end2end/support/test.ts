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

/**
 * Whoever has work to do has seen the tour: it is not offered. And what a test does to the language and the looks of
 * its pages stays with them unless `keepsLooks`, what it types into forms unless `keepsDrafts`: others are logged in under
 * the same name meanwhile.
 */
async function settle(context: BrowserContext, kept: { looks: boolean; drafts: boolean }): Promise<void> {
  const { origin } = new URL(process.env.GUANHU_URL ?? 'http://127.0.0.1:3000');
  await context.addCookies([{ name: 'list_tour', value: 'done', url: origin }]);
  await context.addInitScript(({ looks, drafts }) => {
    const ask = window.fetch;
    const nothing = (): Response => new Response('null', { headers: { 'content-type': 'application/json' } });
    window.fetch = async (input: RequestInfo | URL, init?: RequestInit) => {
      const { pathname } = new URL(input instanceof Request ? input.url : String(input), location.href);
      if (!drafts && /^\/api\/drafts\/(read|keep)$/.test(pathname)) return nothing();
      if (!looks && pathname === '/api/account/prefer') {
        const asked = new Request(input, init);
        const body = await asked.text();
        if (/"(lang|theme|density)":"/.test(body)) return nothing();
        // With its body as text again: of one that was read nobody could tell what was sent.
        return ask(new Request(asked.url, { method: asked.method, headers: asked.headers, body, credentials: asked.credentials }));
      }
      return ask(input, init);
    };
    const tell = navigator.sendBeacon.bind(navigator);
    navigator.sendBeacon = (url, data) => (!drafts && String(url).includes('/api/drafts/keep')) || tell(url, data);
  }, kept);
}

interface Fixtures {
  /** Whether language and looks go to the account, as they do for people. */
  keepsLooks: boolean;
  /** Whether what is typed into a form and not sent is there again later, as it is for people. */
  keepsDrafts: boolean;
  /** What went wrong in the browser so far. */
  browserConsole: Console;
  /** A second person at another machine: a context with cookies of its own, watched as well. */
  newSession: (options?: BrowserContextOptions) => Promise<BrowserContext>;
}

/** Playwright's `test`, failing on console errors, uncaught errors and hydration warnings. */
export const test = base.extend<Fixtures>({
  keepsLooks: [false, { option: true }],
  keepsDrafts: [false, { option: true }],
  context: async ({ context, keepsLooks, keepsDrafts }, use) => {
    await settle(context, { looks: keepsLooks, drafts: keepsDrafts });
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
  newSession: async ({ browser, browserConsole, contextOptions, keepsDrafts }, use) => {
    const opened: BrowserContext[] = [];
    await use(async (options) => {
      const context = await browser.newContext({ ...contextOptions, ...options });
      await settle(context, { looks: false, drafts: keepsDrafts });
      browserConsole.watch(context);
      opened.push(context);
      return context;
    });
    await Promise.all(opened.map((context) => context.close()));
  },
});
