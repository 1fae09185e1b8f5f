/**
 * What can come over from any provider: accounts with their endpoints and secrets, and event types.
 * Also the format of `import standard`, a file that anyone can write who signs by Standard
 * Webhooks.
 */
import { z } from 'zod';
import { EXIT, Failure } from '../exit.ts';
import { readJson } from '../json.ts';

const endpoint = z.strictObject({
  url: z.string(),
  description: z.string().default(''),
  /** Found again by it: a second import changes nothing. The URL unless given. */
  externalId: z.string().min(1).max(256).optional(),
  /** None: all. */
  eventTypes: z.array(z.string()).default([]),
  /**
   * The current one first; those behind it go on for the overlap of a rotation. None: one is made.
   */
  secrets: z.array(z.string()).max(10).default([]),
  headers: z.record(z.string(), z.string()).default({}),
  rateLimitPerSecond: z.int().min(1).max(500).nullable().default(null),
  timeoutMs: z.int().min(1_000).max(30_000).optional(),
  ordering: z.enum(['ordered', 'latest', 'unordered']).optional(),
  /** Why it is to get nothing yet; null: it is enabled. */
  disabledBecause: z.string().nullable().default(null),
});
const account = z.strictObject({
  id: z.string(),
  name: z.string().default(''),
  endpoints: z.array(endpoint).default([]),
});
const eventType = z.strictObject({
  name: z.string(),
  description: z.string().default(''),
  /** By version. */
  schemas: z.record(z.string(), z.record(z.string(), z.unknown())).default({}),
  archived: z.boolean().default(false),
});
const portable = z.strictObject({
  eventTypes: z.array(eventType).default([]),
  accounts: z.array(account).default([]),
});

export type Portable = z.infer<typeof portable>;
export type PortableAccount = Portable['accounts'][number];
export type PortableEndpoint = PortableAccount['endpoints'][number];
export type PortableEventType = Portable['eventTypes'][number];

/** What stays behind, where, and what to do about it. */
export type Left = { where: string; what: string };
export type Source = { portable: Portable; left: Left[] };

export function readStandard(text: string, path: string): Source {
  const parsed = portable.safeParse(readJson(text, path));
  if (parsed.success) return { portable: parsed.data, left: [] };
  throw new Failure(EXIT.usage, `${path} is not the format of docs/cli.md: ${faultsOf(parsed.error)}`);
}

/** The first of them, each with its place. */
export function faultsOf({ issues }: z.ZodError): string {
  return issues
    .slice(0, 3)
    .map(({ path, message }) => `${path.map(String).join('.') || 'the whole'}: ${message}`)
    .join('; ');
}
