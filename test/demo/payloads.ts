/**
 * What is published: every example payload of GitHub's webhooks, as @octokit/webhooks-examples has them. The record is the thing
 * that the payload is about, `codertocat/hello-world/pull/2`; its `updated_at` is the version. The order is the package's.
 */
import { createRequire } from 'node:module';
import { z } from 'zod';

export type Payload = { type: string; record: string | null; version: number | null; data: unknown };

const thing = z.object({
  id: z.union([z.number(), z.string()]).optional(),
  number: z.number().optional(),
  updated_at: z.unknown(),
});
const example = z.looseObject({
  action: z.string().optional(),
  repository: z.object({ full_name: z.string() }).optional(),
  organization: z.object({ login: z.string() }).optional(),
});
const definitions = z.array(z.object({ name: z.string(), examples: z.array(example) }));

/** What a payload is about: the first of these that it holds. */
const THINGS: [field: string, name: string][] = [
  ['pull_request', 'pull'],
  ['issue', 'issue'],
  ['discussion', 'discussion'],
  ['check_run', 'check-run'],
  ['check_suite', 'check-suite'],
  ['deployment', 'deployment'],
  ['workflow_job', 'workflow-job'],
  ['workflow_run', 'workflow-run'],
  ['release', 'release'],
  ['package', 'package'],
  ['alert', 'alert'],
  ['milestone', 'milestone'],
  ['label', 'label'],
  ['project_card', 'project-card'],
  ['project_column', 'project-column'],
  ['project', 'project'],
  ['projects_v2_item', 'project-item'],
  ['rule', 'rule'],
  ['team', 'team'],
  ['installation', 'installation'],
];

export function loadPayloads(): Payload[] {
  const file: unknown = createRequire(import.meta.url)('@octokit/webhooks-examples');
  return definitions.parse(file).flatMap(({ name, examples }) =>
    examples.map((data) => ({
      type: data.action === undefined ? name : `${name}.${data.action}`,
      ...aboutOf(data),
      data,
    })),
  );
}

function aboutOf(data: z.output<typeof example>): Pick<Payload, 'record' | 'version'> {
  const owner = data.repository?.full_name ?? data.organization?.login;
  for (const [field, name] of THINGS) {
    // An app's installation is named in events about other things: alone, it is what the event is
    // about.
    if (field === 'installation' && owner !== undefined) continue;
    const found = thing.safeParse(data[field]);
    const id = found.data?.number ?? found.data?.id;
    if (id === undefined) continue;
    const record = [owner, name, String(id)].filter((part) => part !== undefined).join('/');
    return { record: record.toLowerCase(), version: versionOf(found.data?.updated_at) };
  }
  return { record: owner?.toLowerCase() ?? null, version: null };
}

function versionOf(updatedAt: unknown): number | null {
  const ms = typeof updatedAt === 'string' ? Date.parse(updatedAt) : Number.NaN;
  return Number.isNaN(ms) ? null : ms;
}
