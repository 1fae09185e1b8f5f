/**
 * The real service with a state of its own and a receiver beside it, for one measurement; gone
 * afterwards, however it ends.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { freePort, type Service, startService } from '../support/service.ts';
import { type EventBody, Tubepost } from '../support/tubepost.ts';
import { Receiver } from './receiver.ts';

const KEY = 'tubepost_bench_admin_key';
/**
 * Thousands of objects are thousands of files that are synced: in memory, the machine's disk is not
 * what is measured.
 */
const MEMORY = '/dev/shm';
const BATCH = 50;
const BATCHES_AT_ONCE = 3;

export class Rig {
  readonly receiver = new Receiver();
  readonly #stateDir = mkdtempSync(join(existsSync(MEMORY) ? MEMORY : tmpdir(), 'tubepost-bench-'));
  #port = 0;
  #service: Service | null = null;

  get service(): Service {
    if (this.#service === null) throw new Error('the service does not run');
    return this.#service;
  }

  async start(): Promise<void> {
    this.#port = await freePort();
    await this.receiver.listen();
    await this.#launch();
  }

  /** An account of its own in the same service. */
  async account(name: string): Promise<Tubepost> {
    const api = new Tubepost({ url: this.service.url, key: KEY, account: name, isPatient: true });
    await api.createAccount();
    return api;
  }

  /** `kill -9`, and at once again on the same state. */
  async crash(): Promise<void> {
    await this.service.kill();
    await this.#launch();
  }

  async end(): Promise<void> {
    await this.#service?.stop();
    await this.receiver.close();
    rmSync(this.#stateDir, { recursive: true, force: true });
  }

  async #launch(): Promise<void> {
    this.#service = await startService({ port: this.#port, stateDir: this.#stateDir, key: KEY });
  }
}

/**
 * Runs a measurement to its end; a failure says what the service complained of. `work` false: what
 * had to hold did not.
 */
export async function measure(work: (rig: Rig) => Promise<boolean>): Promise<never> {
  const rig = new Rig();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => void rig.end().finally(() => process.exit(1)));
  }
  let isRight = false;
  try {
    await rig.start();
    isRight = await work(rig);
  } catch (error) {
    console.error(inspect(error));
    for (const line of rig.service.complaints()) console.error(line.slice(0, 400));
  }
  await rig.end();
  process.exit(isRight ? 0 : 1);
}

/**
 * Publishes in batches, some at a time; events of a record keep their order if they are far apart
 * in the list.
 */
export async function publishAll(api: Tubepost, events: EventBody[]): Promise<void> {
  const batches: EventBody[][] = [];
  for (let from = 0; from < events.length; from += BATCH) batches.push(events.slice(from, from + BATCH));
  const next = async () => {
    for (let batch = batches.shift(); batch !== undefined; batch = batches.shift()) await api.publishBatch(batch);
  };
  await Promise.all(Array.from({ length: BATCHES_AT_ONCE }, next));
}
