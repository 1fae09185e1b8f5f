/** Looks at what is there, plans, and does the steps one after the other. Every step may be done again. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { awaitHealth } from './health.ts';
import { type Found, planOf, type Step, stepText } from './plan.ts';
import { loginFault } from './refusals.ts';
import { type Ask, writeSecrets } from './secrets.ts';
import { configFor, type Wanted } from './wanted.ts';
import * as wrangler from './wrangler.ts';

/** Wrong before anything was touched: the reader can mend it. */
export class Refused extends Error {}

export type Options = {
  wanted: Wanted;
  /** Passed to what creates queues and databases. */
  place: string[];
  /** Where /health is asked; null: where wrangler says that it deployed to. */
  url: string | null;
  isDryRun: boolean;
};

export type Around = {
  tool: wrangler.Wrangler;
  /** Of the repository. */
  root: string;
  /** For the configuration and the secrets. */
  folder: string;
  environment: NodeJS.ProcessEnv;
  ask: Ask;
  print: (line: string) => void;
  /** How long /health may take; its own default unless set. */
  healthMs?: number;
};

const NOTHING: Found = { queues: new Set(), databases: new Map(), secrets: null };

async function look(tool: wrangler.Wrangler, wanted: Wanted): Promise<Found> {
  const found = new Set<string>();
  for (const name of wanted.queues) if (await wrangler.hasQueue(tool, name)) found.add(name);
  return {
    queues: found,
    databases: await wrangler.databasesOf(tool),
    secrets: await wrangler.secretsOf(tool, wanted.worker),
  };
}

class Deployment {
  readonly #around: Around;
  readonly #options: Options;
  readonly #config: string;
  readonly #secrets: string;
  #secretsFile: string | null = null;
  #urls: string[] = [];

  constructor(around: Around, options: Options) {
    const { environment } = options.wanted;
    const { folder } = around;
    this.#around = around;
    this.#options = options;
    this.#config = join(folder, `${environment}.json`);
    this.#secrets = join(folder, `${environment}.secrets.json`);
  }

  async perform(step: Step): Promise<void> {
    const { wanted, place, url } = this.#options;
    const { tool, root, environment, ask, print, healthMs } = this.#around;
    switch (step.kind) {
      case 'create-queue':
        return wrangler.createQueue(tool, step.name, place);
      case 'create-database':
        return wrangler.createDatabase(tool, step.name, place);
      case 'write-config': {
        const ids = await wrangler.databasesOf(tool);
        const missing = wanted.databases.find(({ name }) => !ids.has(name));
        if (missing !== undefined) throw new Error(`Cloudflare lists no database ${missing.name}: run this again`);
        const made = configFor(wanted, ids, relative(join(this.#config, '..'), root));
        writeFileSync(this.#config, `${JSON.stringify(made, null, 2)}\n`);
        return;
      }
      case 'migrate':
        await wrangler.migrate(tool, step.database.binding, this.#config);
        return;
      case 'make-secrets': {
        const made = await writeSecrets(this.#secrets, step.names, environment, ask);
        this.#secretsFile = this.#secrets;
        if (made.length > 0) print(`  made ${made.join(' and ')}: ${relative(root, this.#secrets)} has them`);
        return;
      }
      case 'deploy':
        this.#urls = await wrangler.deployWorker(tool, this.#config, this.#secretsFile);
        return;
      case 'await-health': {
        const at = url ?? this.#urls[0];
        if (at === undefined)
          throw new Error('wrangler named no address of the Worker: pass --url to have /health asked');
        const said = await awaitHealth(at, healthMs);
        if (said !== null) throw new Error(`${at}/health does not say ready. It said: ${said}`);
        print(`\nTubepost is ready: ${at}`);
        if (this.#secretsFile !== null) {
          print(
            `Its keys are in ${relative(root, this.#secretsFile)}, which only you can read. Store them where you keep secrets\n` +
              'and delete the file: without MASTER_KEY no endpoint secret opens again.',
          );
        }
        return;
      }
    }
  }
}

export async function deployWith(options: Options, around: Around): Promise<void> {
  const { wanted, isDryRun } = options;
  const { tool, folder, environment, print } = around;
  const login = loginFault(await wrangler.accountsOf(tool), environment);
  if (login !== null && !isDryRun) throw new Refused(login);
  if (login !== null) print(`${login}\nThese are the steps for an empty account.\n`);

  const steps = planOf(wanted, login === null ? await look(tool, wanted) : NOTHING);
  print(`${isDryRun ? 'Would do' : 'Doing'}, for ${wanted.environment}:`);
  if (!isDryRun) mkdirSync(folder, { recursive: true, mode: 0o700 });
  const deployment = new Deployment(around, options);
  for (const step of steps) {
    print(`- ${stepText(step, wanted)}`);
    if (!isDryRun) await deployment.perform(step);
  }
}
