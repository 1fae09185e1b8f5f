/**
 * Which problems an operation may answer: what follows from its declaration, and its own. Worker
 * tests check every problem that they are answered against this list (test/support/documented.ts).
 */
import type { ProblemCode } from '../problem.ts';

export type Declared = {
  path: string;
  hasBody: boolean;
  /** Asks for no key. */
  isPublic: boolean;
  /** Knows the Idempotency-Key of api.ts. */
  isKeyed: boolean;
  /** Of this operation alone. */
  own: readonly ProblemCode[];
};

/** What an id that is not there, or is of another account, answers. */
const OF_PARAMETER: Readonly<Record<string, ProblemCode>> = {
  account: 'unknown-account',
  endpoint: 'unknown-endpoint',
  secret: 'unknown-secret',
  type: 'unknown-event-type',
  alert: 'unknown-alert',
  job: 'unknown-job',
  replay: 'unknown-job',
  key: 'unknown-key',
  event: 'not-found',
  record: 'not-found',
  delivery: 'not-found',
  attempt: 'not-found',
};

export function problemsOf({ path, hasBody, isPublic, isKeyed, own }: Declared): ProblemCode[] {
  if (isPublic) return [...own, 'internal', 'misconfigured'];
  const parameters = [...path.matchAll(/\{(\w+)\}/g)].flatMap(([, name = '']) => OF_PARAMETER[name] ?? []);
  const codes: ProblemCode[] = [
    'invalid-request',
    ...(hasBody ? (['invalid-json', 'too-large', 'unsupported-media-type'] as const) : []),
    'unauthorized',
    'forbidden',
    'rate-limited',
    ...parameters,
    ...(isKeyed ? (['idempotency-conflict', 'idempotency-in-progress'] as const) : []),
    ...own,
    'internal',
    'unavailable',
    'misconfigured',
  ];
  return [...new Set(codes)];
}
