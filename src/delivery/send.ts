/**
 * From an attempt's facts to a signed request and its outcome: the only way by which Tubepost calls
 * a receiver. The address is checked again (E3, I9), live secrets sign (E2), custom headers are
 * opened. Never throws.
 *
 * What keeps a request from leaving is ours, be it a secret or header that does not open (a wrong
 * MASTER_KEY) or a bug: the outcome is `not-sent`, which costs the delivery nothing but time
 * (core/outcome.ts). Signing with only the secrets that open was rejected: a receiver that has only
 * the other one would answer 401, which is final. An address that is refused is not among them: its
 * rules are known, and only a change of the endpoint or of these rules helps.
 */
import { attemptOf } from '../core/ids.ts';
import { liveSecrets } from '../core/endpoint-secrets.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { ERROR_MESSAGE_BYTES_MAX } from '../core/limits.ts';
import type { AttemptOutcome } from '../core/outcome.ts';
import type { AttemptRequest } from '../core/rpc.ts';
import type { Sent } from '../core/sent.ts';
import { traceparentOfAttempt } from '../core/trace.ts';
import * as wire from '../signature.ts';
import { attempt, type AttemptDeps, failed, type OutgoingRequest } from './attempt.ts';
import { contractHeaders } from './headers.ts';
import { cutToBytes } from './response.ts';
import { checkUrl, type UrlPolicy } from './url-guard.ts';
import type { Vault } from './vault.ts';

/** The `purpose` that secrets and headers are sealed for: whoever seals them uses these. */
export const PURPOSE_SECRET = 'secret';
export const PURPOSE_HEADERS = 'headers';

export type SendDeps = AttemptDeps & { vault: Pick<Vault, 'open'>; urlPolicy: UrlPolicy };

/** `error` is a sentence for the log and the customer: it holds no secret. */
type Prepared<T> = Promise<Result<T, string>>;

export async function send(request: AttemptRequest, deps: SendDeps): Promise<AttemptOutcome> {
  const atMs = deps.nowMs();
  let prepared: Awaited<ReturnType<typeof prepare>>;
  try {
    prepared = await prepare(request, atMs, deps);
  } catch (error) {
    // A bug of ours. Its message is not passed on: it may quote a secret or a header.
    return notSent(`an error of ours (${error instanceof Error ? error.name : typeof error})`, atMs, deps.nowMs());
  }
  if (!prepared.ok) return failed(prepared.error, atMs, Math.max(0, deps.nowMs() - atMs));
  const { outgoing, sent } = prepared.value;
  return { ...(await attempt(outgoing, deps)), sent };
}

/** `why`: a clause, without secret or payload. */
export function notSent(why: string, atMs: number, nowMs: number): AttemptOutcome {
  return failed(notSentError(why), atMs, Math.max(0, nowMs - atMs));
}

function notSentError(why: string): NonNullable<AttemptOutcome['error']> {
  return { kind: 'not-sent', message: cutToBytes(`Not sent: ${why}.`, ERROR_MESSAGE_BYTES_MAX) };
}

async function prepare(
  request: AttemptRequest,
  atMs: number,
  deps: SendDeps,
): Promise<Result<{ outgoing: OutgoingRequest; sent: Sent }, NonNullable<AttemptOutcome['error']>>> {
  const checked = checkUrl(request.endpoint.url, deps.urlPolicy);
  if (!checked.ok) {
    const message = cutToBytes(`Not sent, rule ${checked.rule}: ${checked.message}.`, ERROR_MESSAGE_BYTES_MAX);
    return fail({ kind: 'refused-address', message });
  }
  const secrets = await openSecrets(request, atMs, deps.vault);
  if (!secrets.ok) return fail(notSentError(secrets.error));
  const custom = await openHeaders(request, deps.vault);
  if (!custom.ok) return fail(notSentError(custom.error));

  const timestamp = Math.floor(atMs / 1000);
  const signature = await wire.sign(
    { id: request.eventId, timestampSeconds: timestamp, body: request.body },
    secrets.value,
  );
  const traceparent = traceOf(request);
  const ours = contractHeaders(request, { timestamp, signature, previous: request.previous, traceparent });
  const own = Object.keys(custom.value).filter((name) => !Object.hasOwn(ours, name));
  const url = checked.url.href;
  return ok({
    outgoing: {
      url,
      // Ours come last: no custom header replaces one of the contract.
      headers: { ...custom.value, ...ours },
      body: request.body,
      timeoutMs: request.endpoint.timeoutMs,
    },
    sent: {
      url,
      timestamp,
      signature,
      previous: request.previous,
      own,
      ...(traceparent === undefined ? {} : { traceparent }),
    },
  });
}

/** The publish's trace, with the span of this attempt. */
function traceOf({ traceparent, delivery, attempt: number }: AttemptRequest): string | undefined {
  return traceparent === undefined
    ? undefined
    : (traceparentOfAttempt(traceparent, attemptOf(delivery, number)) ?? undefined);
}

/**
 * The keys of all secrets that have not expired. The opened text says of which kind it is: there is
 * no other truth.
 */
async function openSecrets(
  { account, endpoint }: AttemptRequest,
  nowMs: number,
  vault: SendDeps['vault'],
): Prepared<wire.SigningKey[]> {
  const live = liveSecrets(endpoint.secrets, nowMs);
  if (live.length === 0) return fail(`the endpoint ${endpoint.id} has no secret that has not expired`);
  const keys: wire.SigningKey[] = [];
  for (const { id, secret } of live) {
    const opened = await vault.open(secret, { account, endpoint: endpoint.id, purpose: PURPOSE_SECRET });
    if (!opened.ok) return fail(`the ${opened.error.message} (${id})`);
    const isSecret = opened.value.startsWith(wire.SECRET_PREFIX);
    const parsed = isSecret ? wire.parseSecret(opened.value) : wire.parseSigningKey(opened.value);
    if (!parsed.ok) return fail(`the secret ${id} of ${endpoint.id} is malformed (${parsed.error.reason})`);
    keys.push(parsed.value);
  }
  return ok(keys);
}

/** Sealed as JSON of [name, value] pairs; names become lower case, so that ours replace them. */
async function openHeaders(
  { account, endpoint }: AttemptRequest,
  vault: SendDeps['vault'],
): Prepared<Record<string, string>> {
  if (endpoint.headers === null) return ok({});
  const opened = await vault.open(endpoint.headers, { account, endpoint: endpoint.id, purpose: PURPOSE_HEADERS });
  if (!opened.ok) return fail(`the ${opened.error.message}`);
  const pairs = parsePairs(opened.value);
  if (pairs === null) return fail(`the headers of ${endpoint.id} are malformed`);
  return ok(Object.fromEntries(pairs.map(([name, value]) => [name.toLowerCase(), value])));
}

function parsePairs(text: string): [string, string][] | null {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // Sealed by other code than ours. The cause is dropped: it quotes the text.
    return null;
  }
  if (!Array.isArray(json)) return null;
  const pairs: [string, string][] = [];
  for (const pair of json as unknown[]) {
    if (!Array.isArray(pair) || typeof pair[0] !== 'string' || typeof pair[1] !== 'string') return null;
    pairs.push([pair[0], pair[1]]);
  }
  return pairs;
}
