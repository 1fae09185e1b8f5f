/**
 * One event to every account, or to those named (P4). Each account gets it as if it had been
 * published there: the same match, the same filters, the same order, under the same id, so that a
 * step that is repeated after a crash publishes nothing twice.
 *
 * Who is included: the accounts that exist when it starts. Lists learn of an account a moment after
 * its creation, so a last pass, a minute later, looks for those; whoever was created after the
 * start is left out.
 */
import { acceptRequest } from '../core/accept-request.ts';
import { storageFull } from '../core/fault.ts';
import { type RecordAddress, recordName } from '../core/ids.ts';
import type { JobSpec } from '../core/job.ts';
import { parseExact } from '../core/json.ts';
import { JOB_ITEM_TRIES_MAX, JOB_PACE_PER_SECOND, JOB_PAGE, SHARD_BYTES_MAX } from '../core/limits.ts';
import type { Accepted } from '../core/publish.ts';
import { eventAddress } from '../lookup/event-address.ts';
import { SettingsCache } from '../lookup/settings.ts';
import type { Bindings } from '../env.ts';
import { accountsCreatedBy, countAccounts } from '../store/config/accounts.ts';
import { writeFaults } from '../store/config/faults.ts';
import { callObject } from '../lookup/objects.ts';
import { accountStub, recordStub } from '../lookup/stubs.ts';
import { type Item, type KindRules, type Outcome, over, type Page, type Work } from './work.ts';
import { logLine } from '../log-line.ts';

type Broadcast = Extract<JobSpec, { kind: 'broadcast' }>;

export const BROADCAST_KIND: KindRules = {
  isCancellable: true,
  identityOf,
  passes: 'until-quiet',
  isRemembering: true,
  triesMax: JOB_ITEM_TRIES_MAX,
  pacePerSecond: JOB_PACE_PER_SECOND,
};

/**
 * What its publisher said: how that was written, and what the catalogue adds by now, may differ.
 */
function identityOf(spec: JobSpec): unknown {
  return spec.kind === 'broadcast' ? [spec.event.id, spec.event.contentHash, spec.accounts] : spec;
}

/** Counted in accounts. `skipped`: removed meanwhile. */
export function broadcastWork({ event, accounts }: Broadcast, startedMs: number, env: Bindings): Work {
  const { record, dataJson, schemaVersion = null, ...facts } = event;
  const ready = { ...facts, schemaVersion, dataJson, data: parseExact(dataJson) };

  async function list(cursor: string | null, pass: number): Promise<Page> {
    if (accounts !== null) {
      return { items: accounts.map(toItem), next: null, total: accounts.length, isComplete: true };
    }
    const found = await accountsCreatedBy(env.CONFIG, startedMs, cursor ?? '', JOB_PAGE);
    const page = { items: found.map(toItem), next: found.length < JOB_PAGE ? null : (found.at(-1) ?? null) };
    if (pass > 1 || cursor !== null) return page;
    return { ...page, total: await countAccounts(env.CONFIG, startedMs) };
  }

  async function perform({ key: account }: Item): Promise<Outcome> {
    const readAtMs = Date.now();
    const settings = (await settingsCache(env).fresh(account, readAtMs))?.settings ?? null;
    if (settings === null) {
      const isNamed = accounts !== null;
      return isNamed
        ? { kind: 'failed', reason: 'there is no such account' }
        : { kind: 'over', done: 0, skipped: 1, isFound: true };
    }
    const address = await eventAddress(settings, { id: event.id, record });
    const request = acceptRequest(record, [ready], { settings, readAtMs });
    const [result] = await callObject(
      () => recordStub(env, recordName(address)),
      (stub) => stub.accept(request),
    );
    switch (result?.kind) {
      case 'accepted':
        logPublish(account, event.type, address, result);
        return over(1);
      case 'conflict':
        return { kind: 'failed', reason: `the event id ${event.id} is taken there by an event with other content` };
      case 'full':
        // Some of them will have ended: tried again, and a failure only if it stays full.
        return { kind: 'unanswered', reason: `its record holds ${result.open} open deliveries` };
      case 'storage-full':
        await writeFaults(env.CONFIG, [storageFull(address, result.bytes)], Date.now());
        return {
          kind: 'failed',
          reason: `its record holds ${result.bytes} bytes, and takes no event from ${SHARD_BYTES_MAX} on`,
        };
      case 'busy':
        return { kind: 'unanswered', reason: 'its shard has more work than it can do in time' };
      case 'failed':
      case 'unknown':
      case undefined:
        throw new Error('a Shard answered no result');
    }
  }

  return { list, perform, close: () => Promise.resolve() };
}

function toItem(account: string): Item {
  return { key: account, weight: 1 };
}

/** O6, as for every publish: the record's hash and not its key, never data. */
function logPublish(account: string, type: string, { kind, hash }: RecordAddress, accepted: Accepted): void {
  const { id: event, sequence, duplicate, deliveryCount } = accepted;
  const facts = { event, account, record: kind + hash, type, sequence, duplicate, deliveryCount };
  logLine('log', 'publish', { ...facts, trigger: 'broadcast' });
}

const caches = new WeakMap<Bindings, SettingsCache>();

/** In parts: an account's settings may be larger than what one call carries. */
function settingsCache(env: Bindings): SettingsCache {
  const known = caches.get(env);
  if (known !== undefined) return known;
  const cache = new SettingsCache({
    read: (account, before) => {
      const { revision = 0, createdAtMs = 0 } = before ?? {};
      return callObject(
        () => accountStub(env, account),
        (stub) => stub.settingsSince({ revision, createdAtMs }, 0, true),
      );
    },
    part: (account, after) =>
      callObject(
        () => accountStub(env, account),
        (stub) => stub.settingsPart(after),
      ),
  });
  caches.set(env, cache);
  return cache;
}
