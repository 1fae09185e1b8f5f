/**
 * From what is wanted and what is there, to the steps: without doing any. What exists is left
 * alone, so a second run, and a run after one that broke off, does only what is missing. Migrations
 * come before the code that needs them: they add and never take away, so the code that runs
 * meanwhile does not notice.
 */
import type { Database, Wanted } from './wanted.ts';
import type { Queue } from './wrangler.ts';

/**
 * `queues`, `databases` (id): by name. `secrets`: names that the Worker has; null: there is no such
 * Worker yet.
 */
export type Found = {
  queues: ReadonlyMap<string, Queue>;
  databases: ReadonlyMap<string, string>;
  secrets: readonly string[] | null;
};

export type Step =
  | { kind: 'create-queue'; name: string }
  | { kind: 'create-database'; name: string }
  | { kind: 'write-config' }
  | { kind: 'migrate'; database: Database }
  | { kind: 'make-secrets'; names: string[] }
  | { kind: 'deploy' }
  | { kind: 'await-health' };

export function planOf(wanted: Wanted, found: Found): Step[] {
  const missing = wanted.requiredSecrets.filter((name) => !(found.secrets ?? []).includes(name));
  return [
    ...wanted.queues.filter((name) => !found.queues.has(name)).map((name): Step => ({ kind: 'create-queue', name })),
    ...wanted.databases
      .filter(({ name }) => !found.databases.has(name))
      .map(({ name }): Step => ({ kind: 'create-database', name })),
    { kind: 'write-config' },
    ...wanted.databases.map((database): Step => ({ kind: 'migrate', database })),
    ...(missing.length === 0 ? [] : [{ kind: 'make-secrets', names: missing } satisfies Step]),
    { kind: 'deploy' },
    { kind: 'await-health' },
  ];
}

/** `jurisdiction`: of what is made; null: none. */
export function stepText(step: Step, { worker }: Wanted, jurisdiction: string | null): string {
  const place = jurisdiction === null ? '' : `, in the jurisdiction ${jurisdiction}`;
  switch (step.kind) {
    case 'create-queue':
      return `create the queue ${step.name}${place}`;
    case 'create-database':
      return `create the database ${step.name}${place}`;
    case 'write-config':
      return 'write the configuration with the ids of the databases';
    case 'migrate':
      return `apply what is missing of the migrations to ${step.database.name}`;
    case 'make-secrets':
      return `set the secrets ${step.names.join(' and ')}`;
    case 'deploy':
      return `deploy the Worker ${worker}`;
    case 'await-health':
      return 'wait until /health says ready';
  }
}
