/**
 * What an environment needs at Cloudflare, by what wrangler.toml names: nothing is named twice, and
 * what this file does not know of wrangler's configuration reaches wrangler as it stands there.
 */
import { join } from 'node:path';
import { experimental_readRawConfig as readRawConfig } from 'wrangler';
import { z } from 'zod';

export const ENVIRONMENTS = ['production', 'staging'] as const;
export type Environment = (typeof ENVIRONMENTS)[number];

const consumer = z.looseObject({ queue: z.string(), dead_letter_queue: z.string().optional() });
const producer = z.looseObject({ binding: z.string(), queue: z.string() });
const database = z.looseObject({ binding: z.string(), database_name: z.string(), migrations_dir: z.string() });
/** What is read here of wrangler.toml. All else in it is kept. */
const config = z.looseObject({
  name: z.string(),
  vars: z.record(z.string(), z.json()),
  secrets: z.looseObject({ required: z.array(z.string()) }),
  queues: z.looseObject({ producers: z.array(producer), consumers: z.array(consumer) }),
  d1_databases: z.array(database),
  env: z.partialRecord(z.enum(ENVIRONMENTS), z.record(z.string(), z.unknown())).optional(),
});
export type Template = z.infer<typeof config>;

/**
 * Sections that two environments may share: they name nothing outside the Worker, or this file
 * gives each environment names of its own.
 */
const SHARED: ReadonlySet<string> = new Set([
  ...Object.keys(config.shape),
  ...['$schema', 'main', 'compatibility_date', 'compatibility_flags', 'triggers', 'observability'],
  ...['durable_objects', 'migrations', 'version_metadata', 'limits', 'placement', 'rules', 'alias'],
  ...['define', 'minify', 'keep_names', 'upload_source_maps', 'workers_dev', 'preview_urls', 'logpush'],
]);

export type Database = { binding: string; name: string };
export type Wanted = {
  environment: Environment;
  worker: string;
  queues: string[];
  databases: Database[];
  requiredSecrets: string[];
  vars: Record<string, unknown>;
  /** Sections of production that name what this environment must not share. */
  unshared: string[];
  template: Template;
};

export function readTemplate(root: string): Template {
  return config.parse(readRawConfig({ config: join(root, 'wrangler.toml') }).rawConfig);
}

/** `[env.staging]` replaces whole sections, as it does for wrangler. */
export function wantedOf({ env = {}, ...top }: Template, environment: Environment): Wanted {
  const own = env[environment] ?? {};
  const template = config.parse({ ...top, ...own, name: top.name });
  const named = (name: string) => nameIn(template.name, environment, name);
  const { producers, consumers } = template.queues;
  const queues = [
    ...producers.map(({ queue }) => queue),
    ...consumers.flatMap(({ queue, dead_letter_queue: dead }) => (dead === undefined ? [queue] : [queue, dead])),
  ];
  const unshared = Object.keys(top).filter((section) => !SHARED.has(section) && !(section in own));
  return {
    environment,
    worker: named(template.name),
    queues: [...new Set(queues)].map(named).sort(),
    databases: template.d1_databases.map(({ binding, database_name: name }) => ({ binding, name: named(name) })),
    requiredSecrets: template.secrets.required,
    vars: template.vars,
    unshared: environment === 'production' ? [] : unshared,
    template,
  };
}

/**
 * Production has the names of wrangler.toml; another environment is named between:
 * `tubepost-staging-log`.
 */
export function nameIn(worker: string, environment: Environment, name: string): string {
  if (environment === 'production') return name;
  if (!name.startsWith(worker)) return `${name}-${environment}`;
  return `${worker}-${environment}${name.slice(worker.length)}`;
}

/**
 * wrangler's configuration of the environment: the template with its names and the ids of its
 * databases.
 */
export function configFor({ template, environment, worker }: Wanted, ids: ReadonlyMap<string, string>) {
  const named = (name: string) => nameIn(template.name, environment, name);
  const { producers, consumers } = template.queues;
  return {
    ...template,
    name: worker,
    minify: true,
    // Durable Objects are found by the names of their classes.
    keep_names: true,
    queues: {
      ...template.queues,
      producers: producers.map((queue) => ({ ...queue, queue: named(queue.queue) })),
      consumers: consumers.map(({ dead_letter_queue: dead, ...queue }) => ({
        ...queue,
        queue: named(queue.queue),
        ...(dead === undefined ? {} : { dead_letter_queue: named(dead) }),
      })),
    },
    d1_databases: template.d1_databases.map((one) => ({
      ...one,
      database_name: named(one.database_name),
      database_id: ids.get(named(one.database_name)),
    })),
  };
}
