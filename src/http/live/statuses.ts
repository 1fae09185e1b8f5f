/**
 * The statuses of records as the API answers them (V1), for those who view them. What an event was
 * not sent to is asked once for each event and state of the settings: it takes the event's data.
 */
import type { AccountSettings } from '../../core/endpoint.ts';
import { recordName, shardName } from '../../core/ids.ts';
import { VIEWED_RECORDS_MAX } from '../../core/limits.ts';
import type { Unsent } from '../../core/not-sent.ts';
import type { RecordView } from '../../core/view.ts';
import type { Bindings } from '../../env.ts';
import { addressOfHash } from '../../lookup/address.ts';
import { parseRecordId } from '../../core/ids.ts';
import { shardStub } from '../../lookup/stubs.ts';
import { unsentOfNewest } from '../not-sent.ts';
import { callObject } from '../../lookup/objects.ts';
import { presentOf } from '../overlay.ts';
import { nextProbes } from '../probes.ts';
import { showRecord } from '../render.ts';

/** `asOf` says whether anything but the passing of time has changed. */
export type Read = { view: RecordView; status: ReturnType<typeof showRecord>; asOf: string };
type Known = { sequence: number; revision: number; unsent: Unsent };

export class Statuses {
  readonly #env: Bindings;
  readonly #unsent = new Map<string, Known>();

  constructor(env: Bindings) {
    this.#env = env;
  }

  /**
   * By record id; null: nothing was published for it. `keys`: of these records. Throws where a
   * Shard does not answer.
   */
  async read(settings: AccountSettings, keys: ReadonlyMap<string, string>): Promise<Map<string, Read | null>> {
    const byShard = Map.groupBy([...keys.keys()], (id) => shardName(addressOf(settings, id)));
    const views = await Promise.all([...byShard].map(([shard, ids]) => this.#viewsOf(shard, ids)));
    const all = new Map(views.flat());
    const waiting = [...all.values()].flatMap((view) => view?.endpoints.map(({ delivery }) => delivery) ?? []);
    const probesAtMs = await nextProbes(this.#env, settings, waiting);
    const present = { ...presentOf(settings, Date.now()), probesAtMs };
    const read = [...all].map(async ([id, view]): Promise<[string, Read | null]> => {
      if (view === null) return [id, null];
      const unsent = await this.#unsentOf(settings, id, view, present);
      const record = keys.get(id) ?? '';
      const status = showRecord({ ...view, record }, present, unsent);
      const probes = view.endpoints.map(({ endpoint }) => probesAtMs.get(endpoint) ?? null);
      return [id, { view, status, asOf: JSON.stringify([status, probes], withoutSpans) }];
    });
    return new Map(await Promise.all(read));
  }

  async #viewsOf(shard: string, ids: string[]): Promise<[string, RecordView | null][]> {
    const views = await callObject(
      () => shardStub(this.#env, shard),
      (stub) => stub.view(ids),
    );
    return ids.map((id, index) => [id, views[index] ?? null]);
  }

  async #unsentOf(
    settings: AccountSettings,
    id: string,
    view: RecordView,
    present: ReturnType<typeof presentOf>,
  ): Promise<Unsent> {
    const { revision } = settings;
    const { sequence } = view;
    const known = this.#unsent.get(id);
    if (known?.sequence === sequence && known.revision === revision) return known.unsent;
    const unsent = await unsentOfNewest(this.#env, recordName(addressOf(settings, id)), view, settings, present);
    if (this.#unsent.size >= VIEWED_RECORDS_MAX) this.#unsent.clear();
    this.#unsent.set(id, { sequence, revision, unsent });
    return unsent;
  }
}

function addressOf(settings: AccountSettings, id: string) {
  const ref = parseRecordId(id);
  if (ref === null) throw new Error(`"${id.slice(0, 64)}" names no record`);
  return addressOfHash(settings, ref);
}

/** "in 8 s" is another text each second, and says nothing new. */
function withoutSpans(name: string, value: unknown): unknown {
  if (name !== 'note' || typeof value !== 'string') return value;
  return value.replaceAll(/[\d.]+ (ms|s|min|h|days)\b/g, '…');
}
