/**
 * A sentence for every endpoint of the account: those that get the event, and those that did not
 * want it, with why. Beside each, what can be done about it. Shared by the pages of a record and of
 * an event.
 */
import { ofAnswer, type Schemas } from '../client/client.ts';
import { type KnownEndpoint, nameOf } from './endpoints.ts';
import type { Done, Page, Visit } from './page.ts';
import * as to from './paths.ts';
import { ActionButton } from './ui/form.tsx';
import { Badge, StatusBadge } from './ui/status.tsx';
import { span, When } from './ui/when.tsx';

type Delivery = Schemas['Delivery'];
export type Answer = { delivery: Delivery; waiting: number };

/** More cards than this answer no question; the rest is counted. The worst come first. */
const SHOWN_MAX = 50;
const BADNESS: readonly Delivery['status'][] = [
  'dead',
  'retrying',
  'held',
  'queued',
  'delivering',
  'cancelled',
  'superseded',
  'delivered',
];

type Told = {
  visit: Visit;
  account: string;
  answers: readonly Answer[];
  notSent: readonly Schemas['NotSent'][];
  endpoints: ReadonlyMap<string, KnownEndpoint>;
};

export function Answers({ visit, account, answers, notSent, endpoints }: Told) {
  const sorted = worstFirst(answers);
  const more = Math.max(0, answers.length - SHOWN_MAX) + Math.max(0, notSent.length - SHOWN_MAX);
  return (
    <>
      <ul class="answers">
        {sorted.slice(0, SHOWN_MAX).map((answer) => (
          <AnswerCard visit={visit} account={account} answer={answer} known={endpoints.get(answer.delivery.endpoint)} />
        ))}
        {notSent.slice(0, SHOWN_MAX).map((unsent) => (
          <UnsentCard visit={visit} account={account} unsent={unsent} known={endpoints.get(unsent.endpoint)} />
        ))}
      </ul>
      {more === 0 ? null : <p class="dim">And {more} more endpoints, not shown here.</p>}
    </>
  );
}

/** What a person must act on comes first. */
export function worstFirst(answers: readonly Answer[]): Answer[] {
  return answers.toSorted((a, b) => BADNESS.indexOf(a.delivery.status) - BADNESS.indexOf(b.delivery.status));
}

type Card = { visit: Visit; account: string; known: KnownEndpoint | undefined };

function AnswerCard({ visit, account, answer: { delivery, waiting }, known }: Card & { answer: Answer }) {
  const name = nameOf(known, delivery.endpoint);
  return (
    <li id={`at-${delivery.endpoint}`} data-announce={`${name}: ${delivery.status}`}>
      <div class="head">
        <h3>
          <a href={to.endpoint(account, delivery.endpoint)}>{name}</a>
        </h3>
        <StatusBadge of={delivery.status} />
        {delivery.late ? <Badge tone="warn">late</Badge> : null}
        {known === undefined || known.status === 'enabled' ? null : <Badge tone="off">{known.status}</Badge>}
      </div>
      <p class="sentence">{delivery.note}</p>
      <p class="dim">
        {known === undefined ? null : <span class="url">{known.url}</span>}
        {delivery.nextAttemptAt === null ? null : (
          <span>
            Next attempt <When at={delivery.nextAttemptAt} as="until" />
          </span>
        )}
        {waiting > 1 ? <span>{waiting} events of this record wait for it</span> : null}
        <a href={to.delivery(account, delivery.id)}>Attempts and payload</a>
      </p>
      <Buttons visit={visit} id={delivery.endpoint} name={name} known={known} delivery={delivery} />
    </li>
  );
}

function UnsentCard({ visit, account, unsent, known }: Card & { unsent: Schemas['NotSent'] }) {
  const name = nameOf(known, unsent.endpoint);
  return (
    <li id={`at-${unsent.endpoint}`} class="unsent">
      <div class="head">
        <h3>
          <a href={to.endpoint(account, unsent.endpoint)}>{name}</a>
        </h3>
        <Badge tone="off">not sent</Badge>
      </div>
      <p class="sentence">{unsent.note}</p>
      <Buttons visit={visit} id={unsent.endpoint} name={name} known={known} delivery={null} />
    </li>
  );
}

type ButtonsOf = {
  visit: Visit;
  id: string;
  name: string;
  known: KnownEndpoint | undefined;
  delivery: Delivery | null;
};

/** Only what the session may do. A replay is offered where nothing is under way any more. */
export function Buttons({ visit, id, name, known, delivery }: ButtonsOf) {
  const may = (scope: Visit['caller']['scopes'][number]) => visit.caller.scopes.includes(scope);
  const isOver = delivery !== null && delivery.endedAt !== null && delivery.replayedBy === null;
  const isWaiting = delivery !== null && (delivery.status === 'retrying' || delivery.status === 'queued');
  return (
    <div class="buttons">
      {isOver && may('replay') ? (
        <ActionButton
          visit={visit}
          action="replay"
          with={{ delivery: delivery.id }}
          look={delivery.status === 'dead' ? 'main' : undefined}
          label={`Replay to ${name}`}
        >
          Replay
        </ActionButton>
      ) : null}
      {isWaiting && may('replay') ? (
        <ActionButton visit={visit} action="probe" with={{ endpoint: id }} look="main" label={`Try ${name} again now`}>
          Try again now
        </ActionButton>
      ) : null}
      {may('manage') && known?.status !== 'disabled' ? (
        <ActionButton visit={visit} action="test" with={{ endpoint: id }} label={`Send a test to ${name}`}>
          Test
        </ActionButton>
      ) : null}
      {may('manage') && known?.status === 'enabled' ? (
        <ActionButton visit={visit} action="pause" with={{ endpoint: id }} label={`Pause ${name}`}>
          Pause
        </ActionButton>
      ) : null}
      {may('manage') && known?.status === 'paused' ? (
        <ActionButton visit={visit} action="resume" with={{ endpoint: id }} look="main" label={`Resume ${name}`}>
          Resume
        </ActionButton>
      ) : null}
    </div>
  );
}

/** What the buttons do. The account is that of the page's path. */
export const answerActions: NonNullable<Page['actions']> = {
  async replay({ api, params }, form, once) {
    const path = { account: params['account'] ?? '', delivery: form.get('delivery') ?? '' };
    const sent = ofAnswer(await api.call('replayDelivery', { path, body: {}, ...onceOf(once) }));
    return { note: `Replayed. ${sent.note}.` };
  },

  async test({ api, params }, form, once) {
    const path = { account: params['account'] ?? '', endpoint: form.get('endpoint') ?? '' };
    const { statusCode, error, latencyMs } = ofAnswer(await api.call('testEndpoint', { path, ...onceOf(once) }));
    const took = span(latencyMs);
    if (error === null) return { note: `The test arrived: answered ${statusCode ?? ''} in ${took}.` };
    return { note: `The test failed after ${took}: ${error.message}` };
  },

  async probe({ api, params }, form, once) {
    const path = { account: params['account'] ?? '', endpoint: form.get('endpoint') ?? '' };
    const { note } = ofAnswer(await api.call('probeEndpoint', { path, ...onceOf(once) }));
    return { note };
  },

  pause: (visit, form) =>
    setStatus(visit, form, 'paused', 'Paused. What comes now waits, in order, until it is resumed.'),
  resume: (visit, form) => setStatus(visit, form, 'enabled', 'Resumed. What waited is being sent, in order.'),
};

async function setStatus(
  { api, params }: Visit,
  form: URLSearchParams,
  status: 'paused' | 'enabled',
  note: string,
): Promise<Done> {
  const path = { account: params['account'] ?? '', endpoint: form.get('endpoint') ?? '' };
  ofAnswer(await api.call('changeEndpoint', { path, body: { status } }));
  return { note };
}

/** As the API takes it: a second press of the same button is the same act. */
export function onceOf(once: string): { idempotencyKey?: string } {
  return once === '' ? {} : { idempotencyKey: once };
}
