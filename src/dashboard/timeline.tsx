/**
 * What happened to a delivery, in time: accepted, each attempt with what came back, and its end or
 * what it waits for. Shared by the pages of staff and of customers, whose links lead to pages of
 * their own.
 */
import type { Child } from 'hono/jsx';
import type { Schemas } from '../client/client.ts';
import * as to from './paths.ts';
import { Copyable } from './ui/facts.tsx';
import { span, When } from './ui/when.tsx';

type Delivery = Schemas['DeliveryDetail'];
type Tone = 'good' | 'bad' | 'warn' | 'busy' | 'off';

/**
 * `account`: whose pages of staff the links lead to; null for a customer, who has no page of an
 * event.
 */
type Of = { account: string | null; delivery: Delivery };

export function Timeline({ account, delivery, name }: Of & { name: string }) {
  return (
    <ol class="timeline">
      <Moment tone="off" at={delivery.acceptedAt} title="Accepted">
        {delivery.replay === null ? null : <Replay of={delivery.replay} />}
        {delivery.replayOf === null ? null : <a href={placeOf(account, delivery.replayOf)}>The delivery it repeats</a>}
      </Moment>
      {delivery.attemptLog.map((attempt) => (
        <AttemptMoment attempt={attempt} name={name} />
      ))}
      <Now account={account} delivery={delivery} />
    </ol>
  );
}

function Replay({ of: { by, reason, missing } }: { of: NonNullable<Schemas['ReplayFacts']> }) {
  return (
    <p class="dim">
      As a replay by {by}
      {reason === null ? null : `: ${reason}`}
      {missing ? ', of what the endpoint had missed' : null}
    </p>
  );
}

function AttemptMoment({ attempt, name }: { attempt: Schemas['Attempt']; name: string }) {
  const { id, number, at, latencyMs, statusCode, error, request, responseHeaders, responseBody } = attempt;
  const isOurs = error?.kind === 'lost' || error?.kind === 'not-sent';
  const tone: Tone = error === null ? 'good' : isOurs ? 'warn' : 'bad';
  const outcome = statusCode === null ? (error?.message ?? '') : `${name} answered ${statusCode}`;
  const hasAnswer = responseHeaders !== null || responseBody !== null;
  return (
    <Moment id={`attempt-${number}`} tone={tone} at={at} title={`Attempt ${number}: ${outcome}`}>
      <p class="dim">
        After {span(latencyMs)}
        {statusCode === null || error === null ? null : `. ${error.message}`}
      </p>
      {request === null ? null : <SentRequest id={`request-${number}`} of={request} />}
      <details id={`more-${number}`}>
        <summary>{hasAnswer ? 'The answer' : 'The attempt'}</summary>
        {responseHeaders === null || Object.keys(responseHeaders).length === 0 ? null : (
          <pre tabindex={0}>
            <code>{Object.entries(responseHeaders).map(([header, value]) => `${header}: ${value}\n`)}</code>
          </pre>
        )}
        {responseBody === null || responseBody === '' ? (
          hasAnswer ? (
            <p class="dim">Its body was empty.</p>
          ) : null
        ) : (
          <Copyable text={responseBody} isBlock />
        )}
        <p class="dim">
          <Copyable text={id} />
        </p>
      </details>
    </Moment>
  );
}

/**
 * The URL and every header as they were sent; the body is the same of all attempts, and stands
 * below them.
 */
export function SentRequest({ id, of: { url, headers } }: { id: string; of: NonNullable<Schemas['SentRequest']> }) {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return (
    <details id={id}>
      <summary>The request</summary>
      <Copyable text={[`POST ${url}`, ...lines].join('\n')} isBlock />
    </details>
  );
}

/** The last line: how it ended, or what comes next. */
function Now({ account, delivery }: Of) {
  const { status, endedAt, nextAttemptAt, blockedBy, supersededBy, replayedBy, replayResolved, attempts } = delivery;
  if (endedAt !== null) {
    const tone: Tone = status === 'delivered' ? 'good' : status === 'dead' ? 'bad' : 'off';
    return (
      <Moment tone={tone} at={endedAt} title={ENDS[status] ?? status}>
        {supersededBy === null || account === null ? null : (
          <a href={to.event(account, supersededBy)}>The event that took its place</a>
        )}
        {replayedBy === null ? null : (
          <p>
            <a href={placeOf(account, replayedBy)}>Sent again by a replay</a>
            {replayResolved === null ? null : replayResolved ? ', which arrived' : ', which did not arrive either'}
          </p>
        )}
      </Moment>
    );
  }
  if (blockedBy !== null) {
    return (
      <Moment tone="busy" at={null} title="Waits behind an earlier event of its record">
        <a href={placeOf(account, blockedBy)}>What it waits for</a>
      </Moment>
    );
  }
  if (nextAttemptAt !== null) {
    return (
      <Moment tone="busy" at={null} title={`Attempt ${attempts + 1} is next`}>
        <p>
          <When at={nextAttemptAt} as="until" />, at <When at={nextAttemptAt} />
        </p>
      </Moment>
    );
  }
  return <Moment tone="busy" at={null} title={WAITS[status] ?? 'Waits'} />;
}

function placeOf(account: string | null, delivery: string): string {
  return account === null ? to.portalDelivery(delivery) : to.delivery(account, delivery);
}

const ENDS: Partial<Record<Delivery['status'], string>> = {
  delivered: 'Delivered',
  dead: 'Stopped: it is a dead letter',
  superseded: 'A newer event took its place',
  cancelled: 'Cancelled',
};
const WAITS: Partial<Record<Delivery['status'], string>> = {
  delivering: 'Being sent',
  held: 'Held until the endpoint is resumed',
};

type MomentOf = { id?: string; tone: Tone; at: string | null; title: string; children?: Child };

function Moment({ id, tone, at, title, children }: MomentOf) {
  return (
    <li id={id} class={tone}>
      <div class="head">
        <strong>{title}</strong>
        {at === null ? null : (
          <span class="dim">
            <When at={at} />
          </span>
        )}
      </div>
      {children}
    </li>
  );
}
