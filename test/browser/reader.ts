/**
 * A person with a browser of their own. Whatever they do, nothing may be said on the console and
 * nothing asked of another host; each page they look at is judged for those who see little, use a
 * keyboard or hold a phone.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { z } from 'zod';
import type { Checks } from '../support/checks.ts';

const DESKTOP = { width: 1_280, height: 900 };
const PHONE = { width: 360, height: 740 };
/** U: a page with its style and script. */
const PAGE_BYTES_MAX = 100_000;
const WAIT_MS = 15_000;

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const violations = z.array(
  z.object({
    id: z.string(),
    impact: z.string().nullable(),
    help: z.string(),
    nodes: z.array(z.object({ html: z.string() })),
  }),
);

export type Where = { origin: string; checks: Checks; shots: string | null };

export class Reader {
  readonly page: Page;
  readonly #where: Where;
  readonly #context: BrowserContext;
  /** What must stay empty. */
  readonly #said: string[] = [];
  readonly #elsewhere: string[] = [];
  readonly #bytes = new Map<string, number>();
  #expected: RegExp | null = null;

  private constructor(where: Where, context: BrowserContext, page: Page) {
    this.#where = where;
    this.#context = context;
    this.page = page;
    page.on('console', (message) => {
      const text = `${message.type()}: ${message.text()}`;
      if (this.#expected?.test(text) !== true) this.#said.push(text);
    });
    page.on('pageerror', (error) => this.#said.push(String(error)));
    page.on('request', (request) => {
      if (new URL(request.url()).origin !== where.origin) this.#elsewhere.push(request.url());
    });
    page.on('response', (response) => {
      void response.body().then(
        (body) => this.#bytes.set(new URL(response.url()).pathname, body.byteLength),
        // A redirect has no body.
        () => undefined,
      );
    });
  }

  static async open(browser: Browser, where: Where, options: { script?: boolean } = {}): Promise<Reader> {
    const context = await browser.newContext({
      viewport: DESKTOP,
      javaScriptEnabled: options.script ?? true,
      timezoneId: 'Europe/Berlin',
      locale: 'en-GB',
      reducedMotion: 'reduce',
    });
    context.setDefaultTimeout(WAIT_MS);
    return new Reader(where, context, await context.newPage());
  }

  goto(path: string) {
    return this.page.goto(`${this.#where.origin}${path}`);
  }

  async signIn(key: string): Promise<void> {
    await this.goto('/app');
    await this.page.getByLabel('Key').fill(key);
    await this.page.keyboard.press('Enter');
    await this.page.getByRole('link', { name: 'Overview' }).waitFor();
  }

  /**
   * A browser says on the console when a page is answered with an error: where the story wants one.
   */
  expectOnConsole(pattern: RegExp): void {
    this.#expected = pattern;
  }

  check(what: string, fault: string | null): void {
    this.#where.checks.check(what, 1, fault === null ? [] : [fault]);
  }

  /** Whether a text is on the page, now or soon. */
  async sees(what: string, text: string | RegExp): Promise<void> {
    try {
      await this.page.getByText(text).first().waitFor();
      this.check(what, null);
    } catch {
      const shown = await this.page.locator('main').innerText();
      this.check(what, `${String(text)} is not on ${this.page.url()}: ${shown.slice(0, 300).replaceAll(/\s+/g, ' ')}`);
    }
  }

  /** Judges the page as it is. */
  async look(name: string): Promise<void> {
    const faults: string[] = [];
    for (const colorScheme of ['light', 'dark'] as const) {
      await this.page.emulateMedia({ colorScheme });
      faults.push(...(await this.#axe(colorScheme)));
      for (const [size, viewport] of [
        ['desktop', DESKTOP],
        ['phone', PHONE],
      ] as const) {
        await this.page.setViewportSize(viewport);
        if (size === 'phone') faults.push(...(await this.#overflow()));
        await this.#shoot(`${name}-${size}-${colorScheme}`);
      }
      await this.page.setViewportSize(DESKTOP);
    }
    await this.page.emulateMedia({ colorScheme: 'light' });
    const bytes = this.#weight();
    if (bytes > PAGE_BYTES_MAX) faults.push(`it weighs ${bytes} bytes`);
    this.#where.checks.check(`${name} is for everyone, light and dark, on a phone too`, 1, faults);
  }

  async close(): Promise<void> {
    this.#where.checks.check('nothing is said on the console', 1, this.#said);
    this.#where.checks.check('nothing is asked of another host', 1, this.#elsewhere);
    await this.#context.close();
  }

  async #axe(scheme: string): Promise<string[]> {
    await this.page.evaluate(axe);
    const found = await this.page.evaluate(
      'axe.run(document, { resultTypes: ["violations"] }).then((r) => r.violations)',
    );
    return violations
      .parse(found)
      .map(
        ({ id, impact, help, nodes }) => `${scheme}: ${impact ?? ''} ${id}: ${help}: ${nodes[0]?.html.slice(0, 200)}`,
      );
  }

  /** What makes a phone scroll sideways. */
  async #overflow(): Promise<string[]> {
    const widest = z.object({ width: z.number(), what: z.string() });
    const found = widest.parse(
      await this.page.evaluate(`(() => {
        const root = document.documentElement;
        const isWide = (element) => element.getBoundingClientRect().right > root.clientWidth + 1;
        const wide = [...document.querySelectorAll('body *')].find(isWide);
        return { width: root.scrollWidth, what: wide?.outerHTML.slice(0, 160) ?? '' };
      })()`),
    );
    return found.width > PHONE.width ? [`it is ${found.width} px wide on a phone: ${found.what}`] : [];
  }

  #weight(): number {
    const here = new URL(this.page.url()).pathname;
    const counted = [...this.#bytes].filter(([path]) => path === here || path.startsWith('/app/assets/'));
    return counted.reduce((sum, [, bytes]) => sum + bytes, 0);
  }

  async #shoot(name: string): Promise<void> {
    if (this.#where.shots === null) return;
    mkdirSync(this.#where.shots, { recursive: true });
    await this.page.screenshot({ path: join(this.#where.shots, `${name}.png`), fullPage: true });
  }
}
