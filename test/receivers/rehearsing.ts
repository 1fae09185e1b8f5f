/** `tubepost rehearse` against a receiver, with its state from its own tables. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { z } from 'zod';
import { formatSigningKey } from '../../src/signature.ts';
import type { Checks } from '../support/checks.ts';
import type { Shell } from '../cli/shell.ts';
import type { Books } from './books.ts';
import type { Stage } from './stage.ts';

const reportShape = z.object({
  passed: z.number(),
  results: z.array(
    z.object({
      check: z.string(),
      verdict: z.string(),
      sent: z.string(),
      got: z.string(),
      mend: z.string().nullable(),
    }),
  ),
});
export type Report = z.infer<typeof reportShape>;

/** A loaded machine is no fault of a receiver's. */
const LATENCY_MS_MAX = 5_000;
const BURST = 10;

/** Answers `/{name}/{record}` from the books of that name. */
export class States {
  readonly #books = new Map<string, Books>();
  readonly #server = createServer((request, response) => {
    this.#answer(request.url ?? '').then(
      (text) => response.end(text),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  #origin = '';

  async listen(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the states have no port');
    this.#origin = `http://127.0.0.1:${address.port}`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  /** The pattern for `--state-url`. */
  of(name: string, books: Books): string {
    this.#books.set(name, books);
    return `${this.#origin}/${name}/{record}`;
  }

  async #answer(path: string): Promise<string> {
    const [, name = '', record = ''] = path.split('/');
    const key = decodeURIComponent(record);
    const books = this.#books.get(name);
    if (books === undefined) throw new Error(`nobody is called ${name}`);
    const kept = await books.record(key);
    return JSON.stringify({ handled: await books.runsOfRecord(key), version: kept?.version ?? null });
  }
}

export async function rehearse(shell: Shell, url: string, secrets: readonly string[], state: string, more = '') {
  const keys = secrets.map((secret) => `--secret ${secret}`).join(' ');
  const ended = await shell.run(
    `tubepost rehearse ${url} ${keys} --state-url '${state}' --max-latency ${LATENCY_MS_MAX} --burst ${BURST} ${more} --json`,
  );
  const parsed = reportShape.safeParse(ended.out === '' ? null : JSON.parse(ended.out));
  if (!parsed.success) throw new Error(`rehearse ended with ${ended.code}: ${ended.out}${ended.err}`);
  return { code: ended.code, report: parsed.data };
}

/** With the two keys of the stage's own, as before and after a rotation. */
export async function rehearseStage(shell: Shell, states: States, stage: Stage, checks: Checks): Promise<void> {
  const state = states.of(stage.name, stage.books);
  const secrets = [stage.ownSecret, formatSigningKey(stage.ownPair)];
  const { code, report } = await rehearse(shell, stage.running.url, secrets, state);
  const wrong = report.results.filter(({ verdict }) => verdict !== 'pass');
  checks.check(`${stage.name}: passes tubepost rehearse`, report.results.length, [
    ...wrong.map(({ check, verdict, sent, got }) => `${check} is ${verdict}: sent ${sent}, got ${got}`),
    ...(code === 0 ? [] : [`it ended with ${code}`]),
  ]);
}
