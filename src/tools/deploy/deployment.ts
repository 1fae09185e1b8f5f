/**
 * Looks at what is there, plans, and does the steps one after the other. Every step may be done
 * again.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { awaitHealth, type Patience } from './health.ts';
import { type Found, planOf, type Step, stepText } from './plan.ts';
import { jurisdictionFault, loginFault, nameFaults } from './refusals.ts';
import { type Ask, writeSecrets } from './secrets.ts';
import { configFor, type Wanted } from './wanted.ts';
import * as wrangler from './wrangler.ts';

/** Wrong before anything was touched: the reader can mend it. */
export class Refused extends Error {}

export type Options = {
  wanted: Wanted;
  /** Of queues and databases. Null: that of the queues that are there, or none. */
  jurisdiction: string | null;
  /** Where /health is asked; null: where wrangler says that it deployed to. */
  url: string | null;
  isDryRun: boolean;
};

export type Around = {
  tool: wrangler.Wrangler;
  /** Of the repository. */
  root: string;
  /** For the secrets. */
  folder: string;
  environment: NodeJS.ProcessEnv;
  ask: Ask;
  print: (line: string) => void;
  /** With /health; its own default unless set. */
  patience?: Patience;
};

const NOTHING: Found = { queues: new Map(), databases: new Map(), secrets: null };

async function look(tool: wrangler.Wrangler, wanted: Wanted): Promise<Found> {
  const queues = new Map<string, wrangler.Queue>();
  for (const name of wanted.queues) {
    const queue = await wrangler.queueOf(tool, name);
    if (queue !== null) queues.set(name, queue);
  }
  return {
    queues,
    databases: await wrangler.databasesOf(tool),
    secrets: await wrangler.secretsOf(tool, wanted.worker),
  };
}

class Deployment {
  readonly #around: Around;
  readonly #options: Options;
  readonly #config: string;
  readonly #secrets: string;
  readonly #place: string[];
  #secretsFile: string | null = null;
  #deployed: wrangler.Deployed = { urls: [], version: null };

  constructor(around: Around, options: Options) {
    const { jurisdiction, wanted } = options;
    const { environment } = wanted;
    const { folder, root } = around;
    this.#around = around;
    this.#options = options;
    // Beside wrangler.toml: the paths in it stay right.
    this.#config = join(root, `wrangler.${environment}.json`);
    this.#secrets = join(folder, `${environment}.secrets.json`);
    this.#place = jurisdiction === null ? [] : ['--jurisdiction', jurisdiction];
  }

  async perform(step: Step): Promise<void> {
    const { wanted, url } = this.#options;
    const { tool, root, environment, ask, print, patience } = this.#around;
    switch (step.kind) {
      case 'create-queue':
        return wrangler.createQueue(tool, step.name, this.#place);
      case 'create-database':
        return wrangler.createDatabase(tool, step.name, this.#place);
      case 'write-config': {
        const ids = await wrangler.databasesOf(tool);
        const missing = wanted.databases.find(({ name }) => !ids.has(name));
        if (missing !== undefined) throw new Error(`Cloudflare lists no database ${missing.name}: run this again`);
        writeFileSync(this.#config, `${JSON.stringify(configFor(wanted, ids), null, 2)}\n`);
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
        this.#deployed = await wrangler.deployWorker(tool, this.#config, this.#secretsFile);
        return;
      case 'await-health': {
        const { urls, version } = this.#deployed;
        const at = url ?? urls[0];
        if (at === undefined)
          throw new Error('wrangler named no address of the Worker: pass --url to have /health asked');
        const said = await awaitHealth(at, version, patience);
        const wantedAnswer = version === null ? 'ready' : `ready as version ${version}`;
        if (said !== null) throw new Error(`${at}/health does not say ${wantedAnswer}. It said: ${said}`);
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

  const found = login === null ? await look(tool, wanted) : NOTHING;
  const place = jurisdictionFault(options.jurisdiction, found.queues);
  const faults = [...nameFaults(wanted, found.secrets ?? []), ...(place === null ? [] : [place])];
  if (faults.length > 0) throw new Refused(faults.join('\n'));
  const jurisdiction = options.jurisdiction ?? placeOf(found);
  const unplaced = [...found.queues].filter(([, queue]) => queue.jurisdiction === null).map(([name]) => name);
  if (options.jurisdiction !== null && unplaced.length > 0) {
    print(
      `${unplaced.join(', ')}: made before, without a jurisdiction that Cloudflare names. They stay as they are.\n`,
    );
  }
  print(`${isDryRun ? 'Would do' : 'Doing'}, for ${wanted.environment}:`);
  if (!isDryRun) mkdirSync(folder, { recursive: true, mode: 0o700 });
  const deployment = new Deployment(around, { ...options, jurisdiction });
  for (const step of planOf(wanted, found)) {
    print(`- ${stepText(step, wanted, jurisdiction)}`);
    if (!isDryRun) await deployment.perform(step);
  }
}

/** What a run before this one chose. */
function placeOf({ queues }: Found): string | null {
  return [...queues.values()].find(({ jurisdiction }) => jurisdiction !== null)?.jurisdiction ?? null;
}
