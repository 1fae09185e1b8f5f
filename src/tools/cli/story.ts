/**
 * What happened to a delivery, in sentences, from what the API says of it: for whoever asks "why
 * does my CRM still show the old plan?". Pure. The last sentences say what to do.
 */
import type { Schemas } from '../../client/client.ts';
import { count, moment, plain, relative, span, spanBetween } from './words.ts';

type Delivery = Schemas['DeliveryDetail'];
type Attempt = Schemas['Attempt'];
type Event = Pick<
  Schemas['PublishedEvent'],
  'id' | 'type' | 'record' | 'sequence' | 'version' | 'occurredAt' | 'acceptedAt' | 'deliveryCount'
>;

/** Of a header or URL; none of ours is longer. */
const HEADER_CHARS_MAX = 4_096;

export function eventSentences(event: Event, nowMs: number): string[] {
  const version = event.version === null ? '' : `, version ${event.version}`;
  const about = event.record === null ? '' : ` about ${plain(event.record)}`;
  const place = event.sequence === null ? '' : ` as number ${event.sequence} of its record`;
  const sentences = [
    `Event ${event.id} (${event.type}${version})${about} was accepted at ${moment(event.acceptedAt)}, ${relative(event.acceptedAt, nowMs)}${place}.`,
  ];
  if (event.occurredAt !== null && Math.abs(Date.parse(event.acceptedAt) - Date.parse(event.occurredAt)) >= 60_000) {
    sentences.push(
      `Its publisher says that it happened at ${moment(event.occurredAt)}: it was published ${spanBetween(event.occurredAt, event.acceptedAt)} later.`,
    );
  }
  if (event.deliveryCount === 0) {
    sentences.push(
      'No endpoint wanted it when it was accepted: none was there, or their event types and filters left it out.',
      'An endpoint that should have it now gets it by: tubepost replay --missing --endpoint <id>',
    );
  } else {
    sentences.push(`It went to ${count(event.deliveryCount, 'endpoint')}.`);
  }
  return sentences;
}

/**
 * `name`: what people call its endpoint; `isThere`: it has not been removed, so something can be
 * done; `withRequests`: each attempt with its URL and headers.
 */
export function deliverySentences(
  delivery: Delivery,
  name: string,
  nowMs: number,
  { isThere = true, withRequests = false } = {},
): string[] {
  return [
    ...originSentences(delivery, name),
    ...delivery.attemptLog.flatMap((attempt, at) => [
      attemptSentence(attempt, name, delivery.attemptLog[at - 1], at === delivery.attemptLog.length - 1),
      ...(withRequests ? requestLines(attempt) : []),
    ]),
    ...stateSentences(delivery, name, nowMs),
    ...(isThere ? adviceFor(delivery, name) : []),
  ];
}

function originSentences({ replay, replayOf, outOfOrder }: Delivery, name: string): string[] {
  if (replay === null) return [];
  const reason = replay.reason === null ? '' : `, because: ${plain(replay.reason)}`;
  const by = replay.job === null ? `by ${plain(replay.by)}` : `by ${plain(replay.by)} in ${replay.job}`;
  const what = replayOf === null ? `what ${name} had never been sent` : replayOf;
  const order = outOfOrder ? [`A later event of its record had been sent before it: it came out of order.`] : [];
  return [`This is a replay of ${what}, asked for ${by} at ${moment(replay.at)}${reason}.`, ...order];
}

function attemptSentence(attempt: Attempt, name: string, before: Attempt | undefined, isLast: boolean): string {
  const wait = before === undefined ? '' : `, ${spanBetween(before.at, attempt.at)} later`;
  const head = `Attempt ${attempt.number} at ${moment(attempt.at)}${wait}`;
  const { error, statusCode, latencyMs } = attempt;
  if (error === null) return `${head}: ${name} answered ${statusCode ?? 'well'} in ${span(latencyMs)}.`;
  if (error.kind === 'lost')
    return `${head}: we do not know what came of it, because we died meanwhile; it used up no retry.`;
  if (error.kind === 'not-sent')
    return `${head}: a fault of the service kept it from leaving, and used up no retry: ${sentence(error.message)}`;
  const answer =
    statusCode === null
      ? `failed after ${span(latencyMs)} (${error.kind}): ${sentence(error.message)}`
      : `${name} answered ${statusCode} in ${span(latencyMs)}${quoted(attempt.responseBody)}.`;
  const then = isLast || attempt.willRetry ? '' : ' It was not to be tried again.';
  return `${head}: ${answer}${then}`;
}

/** As it went over the wire, but for the values of the endpoint's own headers. */
function requestLines({ request }: Attempt): string[] {
  if (request === null) return ['  (what was sent is not known)'];
  const headers = Object.entries(request.headers).map(
    ([name, value]) => `  ${name}: ${plain(value, HEADER_CHARS_MAX)}`,
  );
  return [`  POST ${plain(request.url, HEADER_CHARS_MAX)}`, ...headers];
}

function quoted(body: string | null): string {
  const text = plain(body ?? '', 120);
  return text === '' ? '' : ` and said "${text}"`;
}

function sentence(text: string): string {
  const line = plain(text, 300);
  return /[.!?]$/.test(line) ? line : `${line}.`;
}

function stateSentences(delivery: Delivery, name: string, nowMs: number): string[] {
  const { status, endedAt, acceptedAt } = delivery;
  const sentences: string[] = [];
  if (status === 'delivered' && endedAt !== null) {
    sentences.push(
      `So ${name} has it, ${spanBetween(acceptedAt, endedAt)} after ${delivery.replay === null ? 'it was accepted' : 'it was asked for'}.`,
    );
  } else {
    sentences.push(`Now it is ${status}: ${sentence(delivery.note)}`);
  }
  if (delivery.blockedBy !== null)
    sentences.push(`The event before it in its record goes first: ${delivery.blockedBy}.`);
  if (delivery.supersededBy !== null) sentences.push(`What took its place is ${delivery.supersededBy}.`);
  if (delivery.nextAttemptAt !== null) sentences.push(`It is tried next ${relative(delivery.nextAttemptAt, nowMs)}.`);
  if (delivery.replayedBy !== null) {
    const how = { true: ' and arrived', false: ' and did not arrive either', null: ' and is on its way' }[
      String(delivery.replayResolved)
    ];
    sentences.push(`It was sent again by ${delivery.replayedBy}${how ?? ''}.`);
  }
  if (delivery.erasedAt !== null) sentences.push(`Its payload was erased at ${moment(delivery.erasedAt)}.`);
  if (delivery.payloadExpiredAt !== null)
    sentences.push(`Its payload went with its retention at ${moment(delivery.payloadExpiredAt)}.`);
  return sentences;
}

/** What a person would do next. Only of what stands still; what is retried needs nobody. */
function adviceFor(delivery: Delivery, name: string): string[] {
  const { status, replayResolved, replayedBy, lastAttempt } = delivery;
  if (status === 'held') return [`To do: resume the endpoint with: tubepost endpoints resume ${delivery.endpoint}`];
  if (status !== 'dead' || replayResolved === true || (replayedBy !== null && replayResolved === null)) return [];
  const cause = causeOf(lastAttempt?.statusCode ?? null, lastAttempt?.error?.kind ?? null, name);
  return [...(cause === null ? [] : [`To do: ${cause}`]), `Then send it again with: tubepost replay ${delivery.id}`];
}

function causeOf(
  statusCode: number | null,
  kind: NonNullable<Schemas['AttemptError']>['kind'] | null,
  name: string,
): string | null {
  if (statusCode === 401 || statusCode === 403) {
    return `${name} refuses us. Compare its secret with the endpoint's (tubepost endpoints secret), and see whether it verifies the raw body.`;
  }
  if (statusCode === 404 || statusCode === 405)
    return `the URL or its method is wrong at ${name}: it must take POST there.`;
  if (statusCode === 410) return `${name} said that it is gone, which disabled the endpoint. Enable it, or remove it.`;
  if (statusCode === 413) return `${name} takes no body of this size: raise its limit to 512 KiB.`;
  if (statusCode === 400 || statusCode === 422)
    return `${name} does not understand the event. Its answer above may say what it misses.`;
  if (statusCode !== null && statusCode >= 300 && statusCode < 400)
    return `redirects are not followed: set the endpoint's URL to where it leads.`;
  if (statusCode !== null && statusCode >= 500)
    return `${name} failed until the retries were used up: its own log says why.`;
  switch (kind) {
    case 'timeout':
      return `${name} did not answer in time: answer first what is committed, and leave slow work to a queue of your own.`;
    case 'dns':
      return `the host of the URL is not found: look at its spelling and its DNS records.`;
    case 'tls':
      return `the certificate of ${name} is not accepted: look at its chain and expiry.`;
    case 'connect':
    case 'reset':
      return `${name} is not reachable, or closes the connection: is it running, and open to us?`;
    case 'refused-address':
      return `the URL leads to an address that we do not send to: it must be public.`;
    case 'http-4xx':
    case 'http-5xx':
    case 'redirect':
    case 'lost':
    case 'not-sent':
    case null:
      return null;
  }
}
