/**
 * What a failed request means: from what `fetch` threw, or from a status code, to an error kind and
 * a plain sentence. Thrown messages are matched and never passed on: they can quote the URL or a
 * header, and with it a secret.
 *
 * What workerd throws (measured locally, 1.20261023.1): refused, closed or reset before an answer,
 * and an answer that is no HTTP, are all `Error: Network connection lost.`; a DNS failure and every
 * TLS failure are all `Error: internal error; reference = …`. Neither carries a code or cause. So
 * `dns`, `tls` and `reset` are named only where the text says so (Node, other versions), and the
 * rest is `connect`, with a sentence that says what it may have been. On Cloudflare most of these
 * arrive as answers instead: 52x and 530 made by the edge, see EDGE_STATUS.
 */
import { ERROR_MESSAGE_BYTES_MAX } from '../core/limits.ts';
import { type AttemptOutcome, type ErrorKind, kindOfStatus } from '../core/outcome.ts';
import { cutToBytes } from './response.ts';

type AttemptError = NonNullable<AttemptOutcome['error']>;

/** First match wins; matched against message, code and cause. `$1` is the text's first group. */
const THROWN: readonly [pattern: RegExp, kind: ErrorKind, sentence: string][] = [
  [/ENOTFOUND|EAI_AGAIN|DNS|lookup address|resolve host/i, 'dns', 'The host name could not be resolved.'],
  [/TLS|SSL|certificate|CERT_|handshake/i, 'tls', 'The TLS handshake failed: certificate or protocol.'],
  [/ECONNREFUSED|connection refused/i, 'connect', 'The connection was refused.'],
  [/UND_ERR_CONNECT_TIMEOUT|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL/, 'connect', 'The host could not be reached.'],
  [
    /ECONNRESET|EPIPE|UND_ERR_SOCKET|reset by peer|other side closed/i,
    'reset',
    'The connection was closed before an answer.',
  ],
  [/HPE_|parse error/i, 'reset', 'The answer was not HTTP.'],
  [
    /Network connection lost/,
    'connect',
    'The connection was refused, or closed before an answer, or what came was no valid HTTP.',
  ],
  [
    /(internal error; reference = [0-9a-v]{1,64})/,
    'connect',
    'No connection: the host name was not resolved or the TLS handshake failed; the platform does not say which ($1).',
  ],
];

/**
 * Answers that Cloudflare's edge makes for an origin it could not reach.
 * https://developers.cloudflare.com/support/troubleshooting/http-status-codes/cloudflare-5xx-errors/
 */
const EDGE_STATUS: Readonly<Record<number, string>> = {
  520: 'the host sent an empty or broken answer',
  521: 'the host refused the connection',
  522: 'the connection to the host timed out',
  523: 'the host could not be reached',
  524: 'the host did not answer in time',
  525: 'the TLS handshake with the host failed',
  526: "the host's certificate is not valid",
  530: 'the host name could not be resolved, or the host is an address',
};

export function timeoutError(timeoutMs: number): AttemptError {
  return { kind: 'timeout', message: `No answer within ${timeoutMs} ms.` };
}

/**
 * What a connection looks like that its other side had closed; also one that was refused, where the
 * runtime says no more.
 */
const BROKEN = /ECONNRESET|EPIPE|UND_ERR_SOCKET|reset by peer|other side closed|Network connection lost/i;

/**
 * What `fetch` refuses before anything leaves: a header that it will not send, a URL that it will
 * not load, one request too many.
 */
const REFUSED_HERE = /subrequest/i;

function isRefusedHere(thrown: unknown, text: string): boolean {
  // Node's fetch throws a TypeError for the network too, and then it has a cause.
  return REFUSED_HERE.test(text) || (thrown instanceof TypeError && thrown.cause === undefined);
}

export function isBrokenConnection(thrown: unknown): boolean {
  return BROKEN.test(describe(thrown));
}

/** `isRepeated`: it is the second in a row. */
export function thrownError(thrown: unknown, { isRepeated = false }: { isRepeated?: boolean } = {}): AttemptError {
  const error = errorOf(thrown);
  return isRepeated ? { ...error, message: `${error.message} It was tried twice, one right after the other.` } : error;
}

function errorOf(thrown: unknown): AttemptError {
  const text = describe(thrown);
  for (const [pattern, kind, sentence] of THROWN) {
    const match = pattern.exec(text);
    if (match !== null) return { kind, message: sentence.replace('$1', match[1] ?? '') };
  }
  const name = thrown instanceof Error ? thrown.name : typeof thrown;
  if (isRefusedHere(thrown, text)) {
    const message = `Not sent: the runtime refused to make the request (${name}).`;
    return { kind: 'not-sent', message: cutToBytes(message, ERROR_MESSAGE_BYTES_MAX) };
  }
  return { kind: 'connect', message: cutToBytes(`The request failed (${name}).`, ERROR_MESSAGE_BYTES_MAX) };
}

/**
 * Null exactly for a 2xx. A status that HTTP does not have counts as a broken connection: it is
 * tried again.
 */
export function statusError(status: number, headers: Headers): AttemptError | null {
  if (status < 200 || status > 599) {
    return { kind: 'reset', message: `The receiver answered ${status}, which is no final status of HTTP.` };
  }
  const kind = kindOfStatus(status);
  if (kind === null) return null;
  if (kind === 'redirect') return { kind, message: `The receiver answered ${status}; redirects are never followed.` };
  const edge = headers.get('server') === 'cloudflare' ? EDGE_STATUS[status] : undefined;
  if (edge !== undefined) return { kind, message: `Cloudflare answered ${status}: ${edge}.` };
  return { kind, message: `The receiver answered ${status}.` };
}

/**
 * Name, message and code of an error and of its cause, where Node's fetch keeps the reason. For
 * matching only.
 */
function describe(thrown: unknown): string {
  if (!(thrown instanceof Error)) return '';
  const code = 'code' in thrown ? String(thrown.code) : '';
  const cause = thrown.cause instanceof Error ? describe(thrown.cause) : '';
  return `${thrown.name} ${thrown.message} ${code} ${cause}`;
}
