/**
 * Publishes payloads as a busy backend would: many records at once, each record's events one after
 * the other, some in batches, some without an id of their own, some twice.
 */
import type { Accepted, EventBody, Tubepost } from '../support/tubepost.ts';
import type { Payload } from './payloads.ts';

/** A payload with what was said when it was acknowledged. */
export type Published = Payload & { position: number; id: string; accepted: Accepted };

const RECORDS_AT_ONCE = 8;
const BATCH_EVENTS = 10;
/**
 * One in so many records goes by batches; events without an id, and those published twice,
 * likewise.
 */
const BATCHED_EVERY = 5;
const MADE_ID_EVERY = 3;
const TWICE_EVERY = 6;

export type Work = Payload & { position: number };

export class Publisher {
  readonly published: Published[] = [];
  readonly duplicateFaults: string[] = [];
  duplicates = 0;
  batches = 0;
  readonly #api: Tubepost;
  readonly #afterPublish: (published: Published) => Promise<void>;

  constructor(api: Tubepost, afterPublish: (published: Published) => Promise<void>) {
    this.#api = api;
    this.#afterPublish = afterPublish;
  }

  async publish(work: Work[]): Promise<void> {
    const records = [...Map.groupBy(work, ({ record, position }) => record ?? `keyless ${position}`).values()];
    const batched = records.filter((_, index) => index % BATCHED_EVERY === 0).flat();
    const lines = records.filter((_, index) => index % BATCHED_EVERY !== 0);
    const next = async () => {
      for (let line = lines.shift(); line !== undefined; line = lines.shift()) {
        for (const one of line) await this.#publishOne(one);
      }
    };
    await Promise.all([this.#publishBatches(batched), ...Array.from({ length: RECORDS_AT_ONCE }, next)]);
  }

  async #publishOne(one: Work): Promise<void> {
    const event = eventOf(one, one.position % MADE_ID_EVERY !== 0);
    const accepted = await this.#api.publish(event);
    const published = this.#keep(one, accepted);
    await this.#afterPublish(published);
    if (one.position % TWICE_EVERY === 0) {
      this.#compare(published, await this.#api.publish({ ...event, id: published.id }));
    }
  }

  /**
   * One batch after the other: their records go on from batch to batch. Every other one is sent
   * twice.
   */
  async #publishBatches(work: Work[]): Promise<void> {
    for (let from = 0; from < work.length; from += BATCH_EVENTS) {
      const part = work.slice(from, from + BATCH_EVENTS);
      const events = part.map((one) => eventOf(one, true));
      const accepted = await this.#api.publishBatch(events);
      const published = part.map((one, i) => this.#keep(one, accepted[i]));
      this.batches += 1;
      if (this.batches % 2 === 0) continue;
      const again = await this.#api.publishBatch(events);
      published.forEach((one, i) => this.#compare(one, again[i]));
    }
  }

  #keep(one: Work, accepted: Accepted | undefined): Published {
    if (accepted === undefined) throw new Error(`event ${one.position} has no answer`);
    const published = { ...one, id: accepted.id, accepted };
    this.published.push(published);
    if (accepted.duplicate) this.duplicateFaults.push(`${accepted.id}: called a duplicate when it was new`);
    return published;
  }

  /** P2: the same ids and sequence, today's statuses. */
  #compare({ accepted: first }: Published, second: Accepted | undefined): void {
    this.duplicates += 1;
    const isSame =
      second?.duplicate === true &&
      second.id === first.id &&
      second.sequence === first.sequence &&
      second.deliveries.map(({ id }) => id).join() === first.deliveries.map(({ id }) => id).join();
    if (!isSame) this.duplicateFaults.push(`${first.id}: ${JSON.stringify(second)} after ${JSON.stringify(first)}`);
  }
}

function eventOf({ position, type, record, version, data }: Work, hasId: boolean): EventBody {
  return {
    type,
    data,
    ...(hasId ? { id: `gh-${position}` } : {}),
    ...(record === null ? {} : { record }),
    ...(version === null ? {} : { version }),
  };
}
