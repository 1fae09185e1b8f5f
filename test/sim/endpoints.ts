/** The account's endpoints: what they start as, and the changes that a person makes. */
import type {
  AccountSettings,
  EndpointSecret,
  EndpointSettings,
  Ordering,
  RetryPolicy,
} from '../../src/core/endpoint.ts';
import { RETRY_SCHEDULE_SECONDS_DEFAULT } from '../../src/core/limits.ts';
import { type KeptMs, keptFor } from '../../src/core/retention.ts';
import type { AccountHost } from './account-object.ts';
import { pinsOld, TYPES } from './publisher.ts';
import type { World } from './world.ts';
import { anEndpoint } from '../support/settings.ts';

const SCHEDULES: readonly RetryPolicy[] = [
  { scheduleSeconds: [...RETRY_SCHEDULE_SECONDS_DEFAULT], windowSeconds: 86_400, alsoRetry: [] },
  { scheduleSeconds: [1, 2], windowSeconds: 86_400, alsoRetry: [404] },
  { scheduleSeconds: [5, 30, 120, 600], windowSeconds: 300, alsoRetry: [] },
];

const RETENTIONS: readonly AccountSettings['retention'][] = [
  { payloadDays: 7, logDays: 7 },
  { payloadDays: 7, logDays: 30 },
  { payloadDays: 30, logDays: 7 },
  { payloadDays: 14, logDays: 90 },
];

const LIMITS: readonly (number | null)[] = [null, null, null, 1, 5];

/** Which fixed ones there are; `wide` ones want only wide events. */
const REGULAR: readonly Ordering[] = ['ordered', 'ordered', 'latest', 'latest', 'unordered', 'ordered'];

export class Endpoints {
  readonly #world: World;
  readonly #account: AccountHost;
  readonly #orderings = new Map<string, Ordering | null>();
  /** The shortest and the longest that the account has ever said, in ms. */
  readonly keptMsMin: KeptMs = { payload: Infinity, rows: Infinity };
  readonly keptMsMax: KeptMs = { payload: 0, rows: 0 };
  readonly #wide: number;
  #made = 0;
  #secrets = 0;

  constructor(world: World, account: AccountHost, wide: number) {
    this.#world = world;
    this.#account = account;
    this.#wide = wide;
    this.begin();
  }

  /** Of an account that was just made. */
  begin(): void {
    this.#retain();
    for (const ordering of REGULAR) this.#create(ordering, ['plan.*', 'wide.*']);
    for (let n = 0; n < this.#wide; n += 1) this.#create(this.#world.prng.pick(REGULAR), ['wide.*']);
  }

  orderingOf(endpoint: string): Ordering | null {
    return this.#orderings.get(endpoint) ?? null;
  }

  all(): EndpointSettings[] {
    return this.#account.ledger.settings()?.endpoints ?? [];
  }

  #retain(): void {
    const retention = this.#world.prng.pick(RETENTIONS);
    const kept = keptFor({ retention });
    for (const what of ['payload', 'rows'] as const) {
      this.keptMsMin[what] = Math.min(this.keptMsMin[what], kept[what]);
      this.keptMsMax[what] = Math.max(this.keptMsMax[what], kept[what]);
    }
    this.#account.change((ledger, atMs) => ledger.put({ retention }, 'operator', atMs, 'unused'));
  }

  #create(ordering: Ordering, eventTypes: string[]): void {
    this.#made += 1;
    const { prng, nowMs } = this.#world;
    const id = `ep_${String(this.#made).padStart(26, '0')}`;
    this.#orderings.set(id, ordering);
    const settings = anEndpoint({
      id,
      url: `https://receiver.example/${this.#made}`,
      description: `endpoint ${this.#made}`,
      eventTypes,
      // As the publisher says it: what was missing is sent in the form that the settings pin.
      schemaVersions: pinsOld(id) ? Object.fromEntries(Object.keys(TYPES).map((type) => [type, '1'])) : {},
      ordering,
      timeoutMs: prng.pick([1_000, 5_000, 30_000]),
      retry: prng.pick(SCHEDULES),
      rateLimitPerSecond: prng.pick(LIMITS),
      createdAtMs: nowMs,
      updatedAtMs: nowMs,
    });
    this.#account.change((book, atMs) => book.createEndpoint(settings, 'operator', atMs));
  }

  /** One change of one endpoint, at random. Returns what was done. */
  change(): string {
    const { prng } = this.#world;
    const all = this.all();
    if (all.length === 0) return 'no endpoint to change';
    const { id, status, eventTypes, ordering } = prng.pick(all);
    const what = prng.weighted({
      status: 60,
      disable: 6,
      remove: 3,
      ordering: 4,
      timeout: 10,
      retry: 10,
      limit: 8,
      rotate: 5,
      retention: 4,
    });
    switch (what) {
      case 'status':
        this.#set(id, { status: status === 'enabled' ? 'paused' : 'enabled' });
        break;
      case 'disable':
        this.#set(id, { status: 'disabled', statusReason: 'asked for by a person' });
        break;
      case 'remove':
        this.#account.change((book, atMs) =>
          book.removeEndpoint(id, 'operator', atMs, this.#account.sweep('operator')),
        );
        this.#create(ordering, eventTypes);
        break;
      case 'ordering':
        this.#orderings.set(id, null);
        this.#set(id, { ordering: prng.pick<Ordering>(['ordered', 'latest', 'unordered']) });
        break;
      case 'timeout':
        this.#set(id, { timeoutMs: prng.pick([1_000, 5_000, 30_000]) });
        break;
      case 'limit':
        this.#set(id, { rateLimitPerSecond: prng.pick(LIMITS) });
        break;
      case 'retention':
        this.#retain();
        break;
      case 'rotate':
        this.#rotate(id);
        break;
      case 'retry':
        this.#set(id, { retry: prng.pick(SCHEDULES) });
        break;
    }
    this.#world.saw(`endpoint: ${what}`);
    return `${what} of ${id.slice(-4)}, which was ${status}`;
  }

  #set(id: string, change: Partial<EndpointSettings>): void {
    this.#account.change((book, atMs) =>
      book.changeEndpoint(id, change, 'operator', atMs, this.#account.sweep('operator')),
    );
  }

  #rotate(id: string): void {
    this.#secrets += 1;
    const secret: EndpointSecret = {
      id: `sec_${this.#secrets}`,
      kind: 'hmac',
      secret: { key: 'sim', sealed: `sealed ${this.#secrets}` },
      createdAtMs: this.#world.nowMs,
      expiresAtMs: null,
    };
    const overlapSeconds = this.#world.prng.pick([0, 60, 86_400]);
    this.#account.change((book, atMs) => book.rotateSecret(id, secret, overlapSeconds, 'key_1', atMs));
  }

  enableAll(): void {
    for (const { id, status } of this.all()) if (status !== 'enabled') this.#set(id, { status: 'enabled' });
  }
}
