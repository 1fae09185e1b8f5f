/** What an environment needs at Cloudflare, by what wrangler.toml names: nothing is named twice. */
import { join, relative } from 'node:path';
import { unstable_readConfig as readConfig } from 'wrangler';
import { z } from 'zod';

export const ENVIRONMENTS = ['production', 'staging'] as const;
export type Environment = (typeof ENVIRONMENTS)[number];

const consumer = z.looseObject({ queue: z.string(), dead_letter_queue: z.string().optional() });
const producer = z.looseObject({ binding: z.string(), queue: z.string() });
const database = z.looseObject({ binding: z.string(), database_name: z.string(), migrations_dir: z.string() });
/** What is read of wrangler's result, which it types as `any`. */
const config = z.object({
  name: z.string(),
  main: z.string(),
  compatibility_date: z.string(),
  compatibility_flags: z.array(z.string()),
  vars: z.record(z.string(), z.string()),
  secrets: z.object({ required: z.array(z.string()) }),
  triggers: z.looseObject({}),
  observability: z.looseObject({}),
  durable_objects: z.looseObject({ bindings: z.array(z.looseObject({ name: z.string(), class_name: z.string() })) }),
  migrations: z.array(z.looseObject({ tag: z.string() })),
  queues: z.object({ producers: z.array(producer), consumers: z.array(consumer) }),
  d1_databases: z.array(database),
});
export type Template = z.infer<typeof config>;

export type Database = { binding: string; name: string };
export type Wanted = {
  environment: Environment;
  worker: string;
  queues: string[];
  databases: Database[];
  requiredSecrets: string[];
  vars: Record<string, string>;
  template: Template;
};

export function readTemplate(root: string): Template {
  const { main, ...template } = config.parse(readConfig({ config: join(root, 'wrangler.toml') }));
  // wrangler answers where it found it.
  return { ...template, main: relative(root, main) };
}

/** Production has the names of wrangler.toml; another environment is named between: `tubepost-staging-log`. */
export function wantedOf(template: Template, environment: Environment): Wanted {
  const named = (name: string) => nameIn(template.name, environment, name);
  const { producers, consumers } = template.queues;
  const queues = [
    ...producers.map(({ queue }) => queue),
    ...consumers.flatMap(({ queue, dead_letter_queue: dead }) => (dead === undefined ? [queue] : [queue, dead])),
  ];
  return {
    environment,
    worker: named(template.name),
    queues: [...new Set(queues)].map(named).sort(),
    databases: template.d1_databases.map(({ binding, database_name: name }) => ({ binding, name: named(name) })),
    requiredSecrets: template.secrets.required,
    vars: template.vars,
    template,
  };
}

export function nameIn(worker: string, environment: Environment, name: string): string {
  if (environment === 'production') return name;
  if (!name.startsWith(worker)) return `${name}-${environment}`;
  return `${worker}-${environment}${name.slice(worker.length)}`;
}

/**
 * wrangler's configuration of the environment: the template with its names and the ids of its databases. `depth`: from the
 * folder in which it will stand to the root.
 */
export function configFor({ template, environment, worker }: Wanted, ids: ReadonlyMap<string, string>, depth: string) {
  const named = (name: string) => nameIn(template.name, environment, name);
  const { producers, consumers } = template.queues;
  return {
    name: worker,
    main: join(depth, template.main),
    compatibility_date: template.compatibility_date,
    compatibility_flags: template.compatibility_flags,
    minify: true,
    // Durable Objects are found by the names of their classes.
    keep_names: true,
    vars: template.vars,
    secrets: template.secrets,
    triggers: template.triggers,
    observability: template.observability,
    durable_objects: template.durable_objects,
    migrations: template.migrations,
    queues: {
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
      migrations_dir: join(depth, one.migrations_dir),
    })),
  };
}
