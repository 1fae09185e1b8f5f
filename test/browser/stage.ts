/**
 * What a story plays on: the running service, receivers that answer as told, and readers with
 * browsers.
 */
import type { Browser, Page } from 'playwright-core';
import { createClient, type Input, type Name, type Operations, ofAnswer } from '../../src/client/client.ts';
import type { Receiver } from '../demo/receiver.ts';
import type { Checks } from '../support/checks.ts';
import type { OtherSite } from './other-site.ts';
import { Reader } from './reader.ts';

export type Story = { name: string; play: (stage: Stage) => Promise<void> };

type Options = {
  origin: string;
  key: string;
  host: string;
  receiver: Receiver;
  /** Paths whose receiver is well again. */
  mended: Set<string>;
  /** A site whose origin the operator lists: it may frame the customer's page. */
  listed: OtherSite;
  listedOrigin: string;
  browser: Browser;
  checks: Checks;
  shots: string | null;
};

export class Stage {
  readonly origin: string;
  readonly key: string;
  readonly host: string;
  readonly checks: Checks;
  readonly listed: OtherSite;
  readonly listedOrigin: string;
  readonly #options: Options;

  constructor(options: Options) {
    this.#options = options;
    this.origin = options.origin;
    this.key = options.key;
    this.host = options.host;
    this.checks = options.checks;
    this.listed = options.listed;
    this.listedOrigin = options.listedOrigin;
  }

  /** One operation of the API; throws what is refused. */
  async ask<N extends Name>(name: N, input: Input<N>): Promise<Operations[N]['answer']> {
    return ofAnswer(await createClient({ origin: this.origin, key: this.key }).call(name, input));
  }

  /** An endpoint of the story's receiver; its path is its mood (run.ts). */
  async endpoint(account: string, path: string, body: Partial<Input<'createEndpoint'>['body']> = {}): Promise<string> {
    const url = `${this.#options.host}${path}`;
    const made = await this.ask('createEndpoint', { path: { account }, body: { ...body, url } });
    this.#options.receiver.setSecret(path, made.secret);
    return made.id;
  }

  /** The receiver at this path answers 200 from now on. */
  mend(path: string): void {
    this.#options.mended.add(path);
  }

  /** Of an endpoint that a reader made: what its receiver verifies with. */
  setSecret(path: string, secret: string): void {
    this.#options.receiver.setSecret(path, secret);
  }

  /** `script`: whether the browser runs any. */
  reader(options: { script?: boolean } = {}): Promise<Reader> {
    const { browser, origin, checks, shots } = this.#options;
    return Reader.open(browser, { origin, checks, shots }, options);
  }

  /** A browser's page that nobody judges, for other sites. */
  async stranger(): Promise<Page> {
    return (await this.#options.browser.newContext()).newPage();
  }

  async signedIn(options: { script?: boolean } = {}): Promise<Reader> {
    const reader = await this.reader(options);
    await reader.signIn(this.key);
    return reader;
  }
}
