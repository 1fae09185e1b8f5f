/**
 * Publishes for as long as it is let: some records at a time, the events of each one after the
 * other, versions partly out of order, some in batches, some without a record, some wide. What is
 * not acknowledged is sent again with the same id.
 */
import { createHash } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { Prng } from '../sim/prng.ts';
import type { Accepted, EventBody, Tubepost } from '../support/tubepost.ts';
import { NOTE_TYPE, ORDER_TYPES, WIDE_TYPE } from './cast.ts';

export type Published = {
  id: string;
  type: string;
  record: string | null;
  /** Its place among the record's events, from 1; null without a record. */
  step: number | null;
  version: number | null;
  dataHash: string;
  accepted: Accepted;
  ackedAtMs: number;
};

const LINES_AT_ONCE = 3;
const PAUSE_MS = [300, 1_300] as const;
const RECORD_EVENTS = [6, 14] as const;
const BATCH = 3;
const SHARES = { batched: 0.12, keyless: 0.1, wide: 0.035, versioned: 0.7, swapped: 0.3 };

type Step = Omit<Published, 'accepted' | 'ackedAtMs'> & { data: unknown };

export class Load {
  readonly published: Published[] = [];
  readonly #api: Tubepost;
  readonly #seed: number;
  #isStopping = false;

  constructor(api: Tubepost, seed: number) {
    this.#api = api;
    this.#seed = seed;
  }

  /** Ends once what was sent is acknowledged. */
  async run(): Promise<void> {
    await Promise.all(Array.from({ length: LINES_AT_ONCE }, (_, index) => this.#publishLine(index)));
  }

  stop(): void {
    this.#isStopping = true;
  }

  async #publishLine(index: number): Promise<void> {
    const prng = new Prng(this.#seed + index);
    let others = 0;
    for (let record = 0; !this.#isStopping; record += 1) {
      const steps = recordSteps(`order/${index}-${record}`, prng);
      while (steps.length > 0 && !this.#isStopping) {
        if (prng.chance(SHARES.keyless)) await this.#publish([keylessStep(`${index}-${(others += 1)}`)]);
        if (prng.chance(SHARES.wide)) await this.#publish([wideStep(`${index}-${(others += 1)}`)]);
        await this.#publish(steps.splice(0, prng.chance(SHARES.batched) ? BATCH : 1));
        await wait(prng.between(...PAUSE_MS));
      }
    }
  }

  async #publish(steps: Step[]): Promise<void> {
    const events = steps.map(eventOf);
    const [first] = events;
    if (first === undefined) return;
    const accepted = events.length === 1 ? [await this.#api.publish(first)] : await this.#api.publishBatch(events);
    const ackedAtMs = Date.now();
    for (const [i, { data: _, ...step }] of steps.entries()) {
      const answer = accepted[i];
      if (answer === undefined) throw new Error(`${step.id} has no answer in its batch`);
      this.published.push({ ...step, accepted: answer, ackedAtMs });
    }
  }
}

function eventOf({ id, type, record, version, data }: Step): EventBody {
  return {
    id,
    type,
    ...(record === null ? {} : { record }),
    ...(version === null ? {} : { version }),
    data,
  };
}

function recordSteps(record: string, prng: Prng): Step[] {
  const versions = Array.from({ length: prng.between(...RECORD_EVENTS) }, (_, i) => i + 1);
  const isVersioned = prng.chance(SHARES.versioned);
  for (let i = 1; i < versions.length; i += 1) {
    const [before = i, after = i + 1] = [versions[i - 1], versions[i]];
    if (prng.chance(SHARES.swapped)) [versions[i - 1], versions[i]] = [after, before];
  }
  return versions.map((version, i) => {
    const id = `${record.replace('/', '-')}-${i + 1}`;
    return step({ id, type: prng.pick(ORDER_TYPES), record, step: i + 1, version: isVersioned ? version : null });
  });
}

function keylessStep(name: string): Step {
  return step({ id: `note-${name}`, type: NOTE_TYPE, record: null, step: null, version: null });
}

function wideStep(name: string): Step {
  return step({ id: `wide-${name}`, type: WIDE_TYPE, record: `wide/${name}`, step: 1, version: null });
}

function step(facts: Omit<Step, 'data' | 'dataHash'>): Step {
  const data = { of: facts.id, text: 'Grüße', amount: 12.5 };
  return {
    ...facts,
    data,
    dataHash: createHash('sha256').update(JSON.stringify(data)).digest('base64url').slice(0, 22),
  };
}
