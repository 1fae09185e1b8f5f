/**
 * A proof as a program: `npm run demo`, `test:alerts`, `test:story`. It has a state folder and at
 * most one service of its own; however it ends, the service is stopped, the folder is gone, and the
 * last line counts what was right (.ci/run reads it).
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { Checks } from './checks.ts';
import { freePort, type Service, startService } from './service.ts';

export type Stage = {
  checks: Checks;
  /** Starts the service, once. */
  start: (vars?: Record<string, string>) => Promise<Service>;
};

export type Program = {
  name: string;
  work: (stage: Stage) => Promise<void>;
  /** What must be closed beside the service. */
  close?: () => Promise<void>;
  /** Sentences that may explain why it did not run to its end. */
  faults?: () => string[];
  /** Leaves the state folder where it is, and says where. */
  isKept?: boolean;
};

export async function run({ name, work, close, faults, isKept = false }: Program): Promise<void> {
  const stateDir = mkdtempSync(join(tmpdir(), `tubepost-${name}-`));
  const checks = new Checks();
  let service: Service | null = null;
  let isEnding = false;

  /** Only the first call counts, because stopping makes other work fail. */
  async function end(fault: string | null): Promise<void> {
    if (isEnding) return;
    isEnding = true;
    const wrong = fault === null ? [] : [fault];
    try {
      await service?.stop();
      await close?.();
    } catch (error) {
      wrong.push(String(error));
    }
    if (wrong.length > 0) checks.check(`the ${name} ran to its end`, 1, [...wrong, ...(faults?.() ?? [])]);
    if (isKept) console.log(`  state kept: STATE_DIR=${stateDir}`);
    // Later than the end of a service that was only starting.
    else process.on('exit', () => rmSync(stateDir, { recursive: true, force: true }));
    console.log(`${name}: ${checks.passed} checks passed, ${checks.failed} failed`);
    process.exit(checks.failed === 0 ? 0 : 1);
  }

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => void end(`got ${signal}`));
  const start = async (vars: Record<string, string> = {}) => {
    service = await startService({ port: await freePort(), stateDir, key: `tubepost_${name}_admin_key`, vars });
    return service;
  };
  try {
    await work({ checks, start });
    await end(null);
  } catch (error) {
    for (const line of complaintsOf(service)) console.error(line.slice(0, 400));
    await end(inspect(error));
  }
}

function complaintsOf(service: Service | null): string[] {
  return service?.complaints() ?? [];
}
