/**
 * The bundle and the migrated databases that `npm start` serves, made in a process of its own
 * (prepare-child.ts): with it goes the memory of wrangler, esbuild and the Miniflare that migrated,
 * which is more than serving takes.
 */
import { fork } from 'node:child_process';
import { join } from 'node:path';
import type { LocalWorker } from './options.ts';

/** One of them; a child that sends neither has ended before. */
export type Prepared = { worker: LocalWorker } | { fault: string };

/** Throws the fault as a sentence: a migration that failed, a file that does not compile. */
export async function prepareWorker(root: string, stateDir: string, hasSourceMap: boolean): Promise<LocalWorker> {
  const map = hasSourceMap ? ['map'] : [];
  const child = fork(join(import.meta.dirname, 'prepare-child.ts'), [root, stateDir, ...map]);
  const prepared = await new Promise<Prepared>((resolve) => {
    child.once('message', (message) => resolve(message as Prepared));
    child.once('exit', (code, signal) => resolve({ fault: `the build ended with ${code ?? signal}` }));
  });
  if ('fault' in prepared) throw new Error(prepared.fault);
  return prepared.worker;
}
