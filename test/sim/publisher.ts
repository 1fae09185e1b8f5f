/**
 * The publisher, and the Worker's part of a publish (as src/http/publish/publishing.ts, but always
 * with the oldest settings that it may use): settings, match, accept. It publishes again, with the
 * same id, whatever it got no answer for, and remembers what it was promised.
 */
import { createHash } from 'node:crypto';
import { base32 } from '../../src/core/base32.ts';
import { acceptRequest, type ReadyEvent } from '../../src/core/accept-request.ts';
import type { AccountSettings } from '../../src/core/endpoint.ts';
import { recordName, type RecordRef } from '../../src/core/ids.ts';
import { wants } from '../../src/core/match.ts';
import type { Accepted, AcceptRequest, AcceptResult } from '../../src/core/publish.ts';
import { answersTheSame, standsForOneContent, Violation } from '../support/invariants.ts';
import { addressOfHash } from '../../src/lookup/address.ts';
import { Life } from './schedule.ts';
import type { Node, World } from './world.ts';

type Draft = ReadyEvent;
type Target = { ref: RecordRef; record: string | null; published: Draft[]; nextVersion: number };

export type PublisherLinks = {
  settings(node: Node, isFresh: boolean): Promise<{ settings: AccountSettings; readAtMs: number } | null>;
  accept(from: Life, record: string, request: AcceptRequest): Promise<AcceptResult[]>;
  broken(error: unknown): void;
  /** Of an account that was removed: what it was promised holds no longer. */
  isFormer(record: string): boolean;
  /**
   * Events of this id as their record keeps them, or kept them until retention took them; the
   * newest first.
   */
  known(record: string, id: string): { id: string; sequence: number; contentHash: string; isGone: boolean }[];
};

const KEYED_RECORDS = 5;
const UNKEYED_RECORDS = 2;
/** Then another record takes its place: every look at a record costs what it holds. */
const EVENTS_OF_A_RECORD_MAX = 25;
export const TYPES = { 'plan.updated': 60, 'plan.renewed': 25, 'wide.news': 4, 'nobody.cares': 6 };

export class Publisher {
  readonly #world: World;
  readonly #links: PublisherLinks;
  readonly #life = new Life('publisher');
  readonly #targets: Target[] = [];
  /** What was acknowledged, by record and id. */
  readonly acknowledged = new Map<string, { record: string; accepted: Accepted }>();
  #ids = 0;
  #records = 0;
  waiting = 0;

  constructor(world: World, links: PublisherLinks) {
    this.#world = world;
    this.#links = links;
    for (let n = 0; n < KEYED_RECORDS; n += 1) this.#targets.push(this.#newTarget('k'));
    for (let n = 0; n < UNKEYED_RECORDS; n += 1) this.#targets.push(this.#newTarget('u'));
  }

  #newTarget(kind: 'k' | 'u'): Target {
    this.#records += 1;
    const key = `sub/${this.#records}`;
    const hash = base32(new Uint8Array(createHash('sha256').update(key).digest().subarray(0, 20)));
    return { ref: { kind, hash }, record: kind === 'k' ? key : null, published: [], nextVersion: 10 };
  }

  /** One publish of one to four events of a record. */
  publish(): string {
    const { prng } = this.#world;
    const index = prng.between(0, this.#targets.length - 1);
    const target = this.#targets[index];
    if (target === undefined) throw new Error('no target');
    const drafts: Draft[] = [];
    const many = prng.chance(0.15) ? prng.between(2, 4) : 1;
    for (let n = 0; n < many; n += 1) drafts.push(this.#draft(target));
    if (target.published.length >= EVENTS_OF_A_RECORD_MAX) {
      this.#targets[index] = this.#newTarget(target.record === null ? 'u' : 'k');
    }
    this.waiting += 1;
    this.#send(target, drafts, prng.pick(this.#world.nodes)).then(
      () => {
        this.waiting -= 1;
      },
      (error: unknown) => this.#links.broken(error),
    );
    return `publish ${drafts.map(({ id, version }) => `${id} v${version}`).join(', ')} to ${target.ref.hash.slice(-6)}`;
  }

  #draft(target: Target): Draft {
    const { prng } = this.#world;
    const old = target.published.length > 0 && prng.chance(0.1) ? prng.pick(target.published) : null;
    if (old !== null && prng.chance(0.8)) {
      this.#world.saw('published again');
      return old;
    }
    const type = prng.weighted(TYPES);
    const data = { n: prng.between(1, 1_000_000) };
    const version = this.#version(target);
    if (old !== null) {
      this.#world.saw('same id, other content');
      return {
        ...old,
        type,
        version,
        data,
        dataJson: JSON.stringify(data),
        contentHash: hashOf({ type, version, data }),
      };
    }
    this.#ids += 1;
    const draft: Draft = {
      id: `evt${this.#ids}`,
      type,
      version,
      schemaVersion: null,
      occurredAt: null,
      contentHash: hashOf({ type, version, data }),
      dataJson: JSON.stringify(data),
      data,
      ...this.#typed(),
    };
    target.published.push(draft);
    return draft;
  }

  /**
   * What the catalogue may say of it: of each event by itself, as if the type had been changed just
   * before.
   */
  #typed(): Partial<Draft> {
    const { prng } = this.#world;
    const expireAfterSeconds = prng.pick([3, 30, 600, 7_200]);
    const data = { old: prng.between(1, 1_000_000) };
    const older = [{ version: '1', data, dataJson: JSON.stringify(data) }];
    return {
      ...(prng.chance(0.2) ? { expireAfterSeconds } : {}),
      ...(prng.chance(0.1) ? { retryWindowSeconds: prng.pick([10, 300]) } : {}),
      ...(prng.chance(0.3) ? { latestGroup: 'plan' } : {}),
      ...(prng.chance(0.2) ? { latestOnly: true } : {}),
      ...(prng.chance(0.2) ? { schemaVersion: '2', older } : {}),
    };
  }

  /** Mostly one after the other; also out of order, equal, and missing. */
  #version(target: Target): number | null {
    const { prng } = this.#world;
    const how = prng.weighted({ next: 55, older: 15, equal: 5, none: 25 });
    switch (how) {
      case 'next':
        target.nextVersion += 1;
        return target.nextVersion;
      case 'older':
        return prng.between(1, target.nextVersion);
      case 'equal':
        return target.nextVersion;
      case 'none':
        return null;
    }
  }

  /** Until it is answered. */
  async #send(target: Target, drafts: Draft[], node: Node): Promise<void> {
    for (;;) {
      try {
        const { name, request } = await this.#request(target, drafts, node);
        const results = await this.#links.accept(this.#life, name, request);
        for (const [index, result] of results.entries()) this.#answered(name, drafts[index], result);
        return;
      } catch (error) {
        if (error instanceof Violation) throw error;
        this.#world.note(`publish failed, goes again: ${error instanceof Error ? error.message : String(error)}`);
        await this.#world.later(
          'a publisher tries again',
          this.#life,
          this.#world.prng.between(100, 5_000),
          () => null,
        );
      }
    }
  }

  async #request(target: Target, drafts: Draft[], node: Node): Promise<{ name: string; request: AcceptRequest }> {
    let known = await this.#links.settings(node, false);
    const isMissed = (settings: AccountSettings) =>
      drafts.some(({ type }) => !settings.endpoints.some((endpoint) => wants(endpoint, type)));
    if (known === null || isMissed(known.settings)) known = await this.#links.settings(node, true);
    if (known === null) throw new Error('no account');
    const name = recordName(addressOfHash(known.settings, target.ref));
    return { name, request: acceptRequest(target.record, drafts, known) };
  }

  #answered(name: string, draft: Draft | undefined, result: AcceptResult): void {
    const world = this.#world;
    world.saw(`publish: ${result.kind}${result.kind === 'accepted' && result.duplicate ? ' duplicate' : ''}`);
    if (this.#links.isFormer(name)) return;
    const isStored = result.kind === 'accepted' || result.kind === 'conflict';
    if (draft === undefined || !isStored) return;
    const known = this.#links.known(name, draft.id);
    // The one that answered, where its row has not gone meanwhile; an id that came again after that
    // stands for what it is now.
    const asked = known.find((one) => result.kind === 'accepted' && one.sequence === result.sequence) ?? known[0];
    const isOnly = known.length === 1;
    if (result.kind === 'accepted' || isOnly) {
      standsForOneContent(name, result.kind, asked, draft.contentHash);
    }
    if (result.kind !== 'accepted') return;
    const key = `${name} ${draft.id}`;
    const first = this.acknowledged.get(key)?.accepted;
    const isAgain = known.some(({ isGone, sequence }) => isGone && sequence === first?.sequence);
    if (isAgain && first !== undefined && first.sequence < result.sequence) world.saw('accepted again after retention');
    // A late answer to an earlier publish.
    if (first !== undefined && first.sequence > result.sequence) return;
    if (first === undefined || (isAgain && first.sequence < result.sequence)) {
      this.acknowledged.set(key, { record: name, accepted: result });
      if (result.deliveryCount === 0) world.saw('event that nobody wants');
      return;
    }
    const facts = ({ id, sequence, deliveryCount, deliveries }: Accepted) => ({
      id,
      sequence,
      deliveryCount,
      deliveries: deliveries.map((delivery) => delivery.id),
    });
    answersTheSame(name, facts(first), facts(result));
  }
}

/** Whether an endpoint is sent the older form, where there is one. */
export function pinsOld(endpoint: string): boolean {
  return Number(endpoint.at(-1)) % 2 === 0;
}

function hashOf(content: object): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('hex');
}
