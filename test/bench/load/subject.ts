/**
 * What is measured: the service as one build of it, or the bare object. Each run starts it anew, on
 * an empty state.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, type Service, startService } from '../../support/service.ts';
import { Tubepost } from '../../support/tubepost.ts';
import type { Build } from './builds.ts';
import type { Plan } from './messages.ts';

export const KEY = 'tubepost_bench_admin_key';
const MEMORY = '/dev/shm';

export type Target = Plan['targets'][number];

export type Subject = {
  name: string;
  kind: 'service' | 'bare';
  root?: string;
  /** Which program it is; absent: what `npm start` runs. */
  command?: string;
};

export type Running = {
  service: Service;
  /** Where a publisher publishes what goes to these endpoints: an account of its own. */
  target: (account: string, endpoints: string[]) => Promise<Target>;
  /** `kill -9`, and again on the same state; how long it takes until it is ready. */
  restart: () => Promise<number>;
  stop: () => Promise<void>;
};

export function subjectOf(build: Build): Subject {
  return { name: build.name, kind: 'service', root: build.root };
}

export const BARE: Subject = {
  name: 'bare object',
  kind: 'bare',
  command: 'MALLOC_TRIM_THRESHOLD_=131072 exec node --max-semi-space-size=2 test/bench/load/bare-program.ts',
};

/** In memory a state costs no disk: a bound of what a quicker one gives. */
export function stateParent(inMemory: boolean): string {
  return inMemory && existsSync(MEMORY) ? MEMORY : tmpdir();
}

export async function start({ kind, root, command }: Subject, inMemory: boolean): Promise<Running> {
  const stateDir = mkdtempSync(join(stateParent(inMemory), 'tubepost-bench-'));
  const remove = () => rmSync(stateDir, { recursive: true, force: true });
  process.once('exit', remove);
  const place = {
    port: await freePort(),
    stateDir,
    key: KEY,
    ...(root === undefined ? {} : { root }),
    ...(command === undefined ? {} : { command }),
  };
  const running = { service: await startService(place) };
  return {
    get service() {
      return running.service;
    },
    target: (account, endpoints) =>
      kind === 'bare' ? Promise.resolve(bareTarget(endpoints)) : serviceTarget(running.service.url, account, endpoints),
    restart: async () => {
      await running.service.kill();
      const fromMs = performance.now();
      running.service = await startService(place);
      return performance.now() - fromMs;
    },
    stop: async () => {
      // Nothing of its state is wanted any more, and a service with a backlog may take long to
      // stop.
      await running.service.kill();
      process.off('exit', remove);
      remove();
    },
  };
}

async function serviceTarget(url: string, account: string, endpoints: string[]): Promise<Target> {
  const api = new Tubepost({ url, key: KEY, account, isPatient: true });
  await api.createAccount();
  for (const endpoint of endpoints) await api.createEndpoint({ url: endpoint });
  return { method: 'POST', path: `/v1/accounts/${account}/events` };
}

function bareTarget(endpoints: string[]): Target {
  const query = endpoints.map((endpoint) => `target=${encodeURIComponent(endpoint)}`);
  return { method: 'POST', path: `/publish?${query.join('&')}` };
}
