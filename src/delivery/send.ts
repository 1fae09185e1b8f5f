/**
 * From an attempt's facts to a signed request and its outcome: the only way by which Tubepost calls a receiver.
 * The address is checked again (E3, I9), live secrets sign (E2), custom headers are opened. Never throws for what data says.
 *
 * A secret or header that does not open (a wrong MASTER_KEY) is our fault, and must not end the delivery: nothing is sent,
 * and the outcome is a `connect` error that names the cause, which C5 retries. It does use up a retry: after a day of a
 * wrong key deliveries are dead letters with that sentence, to be replayed. Signing with only the secrets that open was
 * rejected: a receiver that has only the other one would answer 401, which is final.
 */
import { liveSecrets } from '../core/endpoint-secrets.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { ERROR_MESSAGE_BYTES_MAX } from '../core/limits.ts';
import type { AttemptOutcome } from '../core/outcome.ts';
import type { AttemptRequest } from '../core/rpc.ts';
import * as wire from '../signature.ts';
import { attempt, type AttemptDeps, failed } from './attempt.ts';
import { cutToBytes } from './response.ts';
import { checkUrl, type UrlPolicy } from './url-guard.ts';
import type { Vault } from './vault.ts';

export const USER_AGENT = 'Tubepost/1.0 (+https://tubepost.dev)';

/** The `purpose` that secrets and headers are sealed for: whoever seals them uses these. */
export const PURPOSE_SECRET = 'secret';
export const PURPOSE_HEADERS = 'headers';

export type SendDeps = AttemptDeps & { vault: Pick<Vault, 'open'>; urlPolicy: UrlPolicy };

/** `error` is a sentence for the log and the customer: it holds no secret. */
type Prepared<T> = Promise<Result<T, string>>;

export async function send(request: AttemptRequest, deps: SendDeps): Promise<AttemptOutcome> {
  const atMs = deps.nowMs();
  const stop = (kind: 'refused-address' | 'connect', message: string) =>
    failed({ kind, message: cutToBytes(message, ERROR_MESSAGE_BYTES_MAX) }, atMs, deps.nowMs());

  const checked = checkUrl(request.endpoint.url, deps.urlPolicy);
  if (!checked.ok) return stop('refused-address', `Not sent, rule ${checked.rule}: ${checked.message}.`);

  const secrets = await openSecrets(request, atMs, deps.vault);
  if (!secrets.ok) return stop('connect', `Not sent: ${secrets.error}.`);
  const custom = await openHeaders(request, deps.vault);
  if (!custom.ok) return stop('connect', `Not sent: ${custom.error}.`);

  const timestampSeconds = Math.floor(atMs / 1000);
  const signature = await wire.sign({ id: request.eventId, timestampSeconds, body: request.body }, secrets.value);
  return attempt(
    {
      url: checked.url.href,
      // Ours come last: no custom header replaces one of the contract.
      headers: { ...custom.value, ...contractHeaders(request, timestampSeconds, signature) },
      body: request.body,
      timeoutMs: request.endpoint.timeoutMs,
    },
    deps,
  );
}

function contractHeaders(request: AttemptRequest, timestampSeconds: number, signature: string): Record<string, string> {
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    'user-agent': USER_AGENT,
    [wire.HEADER_ID]: request.eventId,
    [wire.HEADER_TIMESTAMP]: String(timestampSeconds),
    [wire.HEADER_SIGNATURE]: signature,
    [wire.HEADER_ATTEMPT]: String(request.attempt),
    [wire.HEADER_PREVIOUS]: request.previous === null ? wire.PREVIOUS_NONE : String(request.previous),
  };
  if (request.replay !== null) headers[wire.HEADER_REPLAY] = request.replay;
  return headers;
}

/** The keys of all secrets that have not expired. The opened text says of which kind it is: there is no other truth. */
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
