import { defineConfig } from '@playwright/test';

/** `cargo xtask test` sets these; by hand, start a demo bank and say where it is. */
const url = process.env.GUANHU_URL ?? 'http://127.0.0.1:3000';
const chromium = process.env.GUANHU_CHROMIUM ?? '/usr/bin/chromium';
const report = process.env.GUANHU_REPORT;

export default defineConfig({
  testDir: 'specs',
  outputDir: process.env.GUANHU_OUTPUT_DIR ?? 'test-results',
  // The specs share one bank: each works on customers of its own, so that order is free.
  fullyParallel: true,
  workers: 2,
  retries: 0,
  forbidOnly: report !== undefined,
  // Of a whole story on a busy machine; what is waited for in it has limits of its own.
  timeout: 180_000,
  expect: { timeout: 10_000 },
  // One picture for every machine: they all have the same fonts and the same browser engine.
  snapshotPathTemplate: '{testDir}/../pictures/{arg}{ext}',
  reporter: report ? [['list'], ['json', { outputFile: report }]] : [['list']],
  use: {
    baseURL: url,
    // What is tried until it works must not wait for ever for a button that has gone.
    actionTimeout: 10_000,
    viewport: { width: 1440, height: 900 },
    locale: 'zh-CN',
    // Requests that a test breaks must be the page's own.
    serviceWorkers: 'block',
    timezoneId: 'Asia/Shanghai',
    screenshot: 'only-on-failure',
    // What was done and asked for; pictures of every step cost a quarter of the time: `--trace=on` has them.
    trace: { mode: 'retain-on-failure', screenshots: false, snapshots: false },
    launchOptions: {
      executablePath: chromium,
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
  projects: [{ name: 'desktop' }],
});
