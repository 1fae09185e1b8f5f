/**
 * What the bulk acts on a range of deliveries share: they list originals from the log, once and
 * oldest first, and reach each at its record. An item's key sorts as its delivery does.
 */
import { type AccountPlace, type DeliveryRef, parseDeliveryId, recordName, type ShardsOf } from '../core/ids.ts';
import { addressIn } from '../lookup/address.ts';
import type { BulkRange } from '../core/job.ts';
import { JOB_ITEM_TRIES_MAX, JOB_PACE_PER_SECOND, JOB_PAGE } from '../core/limits.ts';
import type { Bindings } from '../env.ts';
import { logDatabase } from '../store/database.ts';
import { type BulkPosition, countRange, pageOfRange } from '../store/log/replays.ts';
import { type Item, type KindRules, type Page } from './work.ts';

export const BULK_KIND: KindRules = {
  isCancellable: true,
  passes: 'one',
  isRemembering: true,
  triesMax: JOB_ITEM_TRIES_MAX,
  pacePerSecond: JOB_PACE_PER_SECOND,
  nameOf: (key) => parse(key).id,
};

export async function listRange(
  { account }: AccountPlace,
  range: BulkRange,
  cursor: string | null,
  env: Bindings,
): Promise<Page> {
  const database = logDatabase(account, env);
  const found = await pageOfRange(database, account, range, cursor === null ? null : parse(cursor), JOB_PAGE);
  const items = found.map((position) => ({ key: keyOf(position), weight: 1 }));
  const page = { items, next: found.length < JOB_PAGE ? null : (items.at(-1)?.key ?? null) };
  return cursor === null ? { ...page, total: (await countRange(database, account, range)).count } : page;
}

/** The delivery, and the name of its Shard. `isMissing`: the live one, which was never made. */
export function locate(place: ShardsOf, { key }: Item): { record: string; ref: DeliveryRef; isMissing: boolean } {
  const { id, isMissing } = parse(key);
  const at = parseDeliveryId(id);
  if (at === null) throw new Error(`${key} names no delivery`);
  const { sequence, endpoint, replay } = at;
  const record = recordName(addressIn(place, at));
  return { record, ref: { sequence, endpoint, replay }, isMissing };
}

/** Acts on one record go in their order, others beside them. One for each step of a job. */
export function inOrder(): <T>(record: string, act: () => Promise<T>) => Promise<T> {
  const last = new Map<string, Promise<unknown>>();
  return (record, act) => {
    const mine = (last.get(record) ?? Promise.resolve()).then(act, act);
    last.set(record, mine);
    return mine;
  };
}

const TIME_DIGITS = 14;
const SEQUENCE_DIGITS = 16;

const MISSING = 'missing';

function keyOf({ acceptedAtMs, sequence, id, isMissing }: BulkPosition): string {
  const time = String(acceptedAtMs).padStart(TIME_DIGITS, '0');
  return [time, String(sequence).padStart(SEQUENCE_DIGITS, '0'), id, ...(isMissing ? [MISSING] : [])].join(' ');
}

function parse(key: string): BulkPosition {
  const [atMs, sequence, id = '', kind] = key.split(' ');
  return { acceptedAtMs: Number(atMs), sequence: Number(sequence), id, isMissing: kind === MISSING };
}
