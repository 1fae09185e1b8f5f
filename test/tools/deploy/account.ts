/**
 * wrangler as `npm run deploy` meets it: commands, exit codes and outputs of wrangler 4.155, on an
 * account in memory.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Ran, Wrangler } from '../../../src/tools/deploy/wrangler.ts';

type Made = { id: string; jurisdiction: string | null };
type Worker = { secrets: Record<string, string>; deploys: number };

/** The caller dies: what the command did is done, and nobody is told. */
export class Killed extends Error {}

const config = z.object({
  name: z.string(),
  secrets: z.object({ required: z.array(z.string()) }),
  queues: z.object({
    producers: z.array(z.looseObject({ queue: z.string() })),
    consumers: z.array(z.looseObject({ queue: z.string() })),
  }),
  d1_databases: z.array(
    z.object({ binding: z.string(), database_name: z.string(), database_id: z.string(), migrations_dir: z.string() }),
  ),
});

const ok = (stdout = ''): Ran => ({ status: 0, stdout, stderr: '' });
const fault = (stderr: string): Ran => ({ status: 1, stdout: '', stderr: `✘ [ERROR] ${stderr}` });

function queueText(name: string, queue: Made | undefined): string {
  const place = queue?.jurisdiction ? `Jurisdiction: ${queue.jurisdiction}\n` : '';
  return `Queue Name: ${name}\nQueue ID: ${queue?.id}\n${place}Created On: 2026-12-01\n`;
}

export class Account implements Wrangler {
  readonly calls: string[] = [];
  readonly queues: Record<string, Made> = {};
  readonly databases: Record<string, Made> = {};
  readonly migrated: Record<string, boolean> = {};
  readonly workers: Record<string, Worker> = {};
  /** Null: nobody is logged in. */
  login: { id: string; name: string }[] | null = [{ id: '0a', name: 'Ours' }];
  /** The number of the command after which the caller dies; 0: none. */
  dieAfter = 0;
  /** False: Cloudflare's plan has none. */
  hasQueues = true;
  /** What the deployed Worker says of its version. */
  version = '';

  run(...args: string[]): Promise<Ran> {
    this.calls.push(args.join(' '));
    const ran = this.#run(args);
    if (this.calls.length === this.dieAfter) return Promise.reject(new Killed());
    return Promise.resolve(ran);
  }

  #run(args: string[]): Ran {
    const option = (name: string) => (args.includes(name) ? (args[args.indexOf(name) + 1] ?? null) : null);
    const [command = '', second = '', name = '', binding = ''] = args;
    switch (`${command} ${second}`) {
      case 'whoami --json':
        if (this.login === null) return { ...fault(''), stdout: '{\n  "loggedIn": false\n}' };
        return ok(JSON.stringify({ loggedIn: true, authType: 'OAuth Token', accounts: this.login }, null, 2));
      case 'queues info':
        if (name in this.queues) return ok(queueText(name, this.queues[name]));
        return fault(`Queue "${name}" does not exist. To create it, run: wrangler queues create ${name}`);
      case 'queues create':
        if (!this.hasQueues) {
          return fault(
            'A request to the Cloudflare API (/accounts/0a/queues) failed.\n\n' +
              '  Queues are unavailable on the free plan. Please upgrade to a Workers Paid plan to create and use\n' +
              '  Queues: https://dash.example/0a/workers/plans [code: 100129]',
          );
        }
        if (name in this.queues) return fault('Queue name is already taken [code: 11009]');
        this.queues[name] = { id: `q${this.calls.length}`, jurisdiction: option('--jurisdiction') };
        return ok(`🌀 Creating queue '${name}'\n✅ Created queue '${name}'`);
      case 'd1 list':
        return ok(JSON.stringify(Object.entries(this.databases).map(([named, { id }]) => ({ uuid: id, name: named }))));
      case 'd1 create':
        if (name in this.databases) return fault(`A database with the name "${name}" already exists [code: 7502]`);
        this.databases[name] = { id: `d1-${name}`, jurisdiction: option('--jurisdiction') };
        return ok(`✅ Successfully created DB '${name}'`);
      case 'd1 migrations':
        return this.#migrate(binding, option('--config') ?? '', args.includes('--remote'));
      case 'secret list': {
        const worker = this.workers[option('--name') ?? ''];
        if (worker === undefined) return fault(`Worker "${option('--name')}" not found.\n\nIf this is a new Worker, …`);
        const listed = Object.keys(worker.secrets).map((secret) => ({ name: secret, type: 'secret_text' }));
        return ok(JSON.stringify(listed, null, '  '));
      }
      case 'deploy --config':
        return this.#deploy(option('--config') ?? '', option('--secrets-file'));
      default:
        return fault(`Unknown arguments: ${args.join(' ')}`);
    }
  }

  #migrate(binding: string, file: string, isRemote: boolean): Ran {
    const of = config.parse(JSON.parse(readFileSync(file, 'utf8')));
    const wanted = of.d1_databases.find((database) => database.binding === binding);
    if (wanted === undefined || !isRemote || this.databases[wanted.database_name]?.id !== wanted.database_id) {
      return fault(`Couldn't find a D1 DB with the name or binding '${binding}' in your configuration file.`);
    }
    if (!existsSync(join(file, '..', wanted.migrations_dir))) return fault('No migrations present at the path.');
    const had = this.migrated[wanted.database_name] === true;
    this.migrated[wanted.database_name] = true;
    return ok(had ? '✅ No migrations to apply!' : '🚣 Executed 3 commands');
  }

  #deploy(file: string, secretsFile: string | null): Ran {
    const { name, secrets, queues, d1_databases: databases } = config.parse(JSON.parse(readFileSync(file, 'utf8')));
    const given = z
      .record(z.string(), z.string())
      .parse(JSON.parse(secretsFile === null ? '{}' : readFileSync(secretsFile, 'utf8')));
    const all = { ...this.workers[name]?.secrets, ...given };
    const missing = secrets.required.filter((required) => !(required in all));
    if (missing.length > 0) return fault(`The following required secrets have not been set: ${missing.join(', ')}`);
    const lost = [...queues.producers, ...queues.consumers].find(({ queue }) => !(queue in this.queues));
    if (lost !== undefined) return fault(`Queue "${lost.queue}" does not exist.`);
    const raw = databases.find(({ database_name: database }) => this.migrated[database] !== true);
    if (raw !== undefined) return fault(`the code would run before the migrations of ${raw.database_name}`);
    this.workers[name] = { secrets: all, deploys: (this.workers[name]?.deploys ?? 0) + 1 };
    this.version = `version-${this.calls.length}`;
    return ok(
      `Total Upload: 900.00 KiB / gzip: 220.00 KiB\nUploaded ${name} (2.10 sec)\nDeployed ${name} triggers (0.51 sec)\n` +
        `  https://${name}.ours.workers.dev\n  schedule: * * * * *\nCurrent Version ID: ${this.version}\n`,
    );
  }
}
