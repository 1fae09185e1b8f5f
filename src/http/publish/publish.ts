/** POST events and POST events/batch (P1, P2, P3). */
import { base32 } from '../../core/base32.ts';
import { checkEventId } from '../../core/event-rules.ts';
import { BATCH_REQUEST_BYTES_MAX, JSON_SLICE_CHARS } from '../../core/limits.ts';
import { Turns } from '../../delivery/turns.ts';
import type { Api } from '../api.ts';
import type { AppContext } from '../context.ts';
import { idempotencyKey } from '../idempotency.ts';
import { accountParams } from '../params.ts';
import { invalid, Problem } from '../problem.ts';
import { refuseEarly } from './overload.ts';
import { batchBody, checkEvent, eventBody, type EventBody } from './publish-body.ts';
import { charsOf, type Outgoing, outgoing, publish, type Published, showAccepted } from './publishing.ts';
import { sha256 } from '../../lookup/sha256.ts';
import { acceptedShape, batchShape } from '../shapes/event-shapes.ts';

const EXAMPLE_EVENT = {
  type: 'ticket.created',
  record: 'ticket/4211',
  version: 1,
  occurredAt: '2026-11-21T18:00:00.000Z',
  data: { number: 4211, title: 'The printer is on fire' },
};

export function addPublish(api: Api): void {
  api.route(
    {
      method: 'post',
      path: '/v1/accounts/{account}/events',
      id: 'publishEvent',
      summary: 'Publish an event',
      scope: 'publish',
      params: accountParams,
      before: refuseEarly,
      body: { schema: eventBody, example: EXAMPLE_EVENT, exact: true },
      answers: { 202: { description: 'Durably stored', schema: acceptedShape } },
      problems: [
        'schema-violation',
        'event-conflict',
        'event-type-archived',
        'record-full',
        'record-storage-full',
        'overloaded',
        'quota-exceeded',
      ],
      idempotency: 'event-id',
    },
    async ({ c, params, body }) => {
      const [published] = await publish(c, params.account, [outgoing(body, givenId(c, body))]);
      if (published === undefined) throw new Error('a publish of one event has one result');
      if (published.kind === 'problem') throw published.problem;
      return c.json(showAccepted(published), 202);
    },
  );

  api.route(
    {
      method: 'post',
      path: '/v1/accounts/{account}/events/batch',
      id: 'publishEvents',
      summary: 'Publish up to 100 events: one result for each, in order',
      scope: 'publish',
      params: accountParams,
      before: refuseEarly,
      body: {
        schema: batchBody,
        words: { events: 'Events as in a single publish; each is checked and answered by itself' },
        example: {
          events: [
            { ...EXAMPLE_EVENT, version: 2 },
            { type: 'ticket.closed', data: { number: 4212 } },
          ],
        },
        bytesMax: BATCH_REQUEST_BYTES_MAX,
        exact: true,
      },
      answers: { 200: { description: 'A result for each event, with its own status', schema: batchShape } },
      problems: ['quota-exceeded', 'overloaded'],
      idempotency: 'batch',
    },
    async ({ c, params, body }) => {
      const key = idempotencyKey(c);
      const turns = new Turns();
      const checked: (Outgoing | Problem)[] = [];
      for (const [i, event] of body.events.entries()) {
        const one = await checkOne(event, key, i);
        checked.push(one);
        await turns.after(one instanceof Problem ? JSON_SLICE_CHARS : charsOf(one));
      }
      const good = checked.flatMap((one) => (one instanceof Problem ? [] : [one]));
      const published = good.length === 0 ? [] : await publish(c, params.account, good);
      const byEvent = new Map(good.map((one, i) => [one, published[i]]));
      return c.json({ results: checked.map((one) => showResult(one instanceof Problem ? one : byEvent.get(one))) });
    },
  );
}

/** P2: an Idempotency-Key works as the id. */
export function givenId(c: AppContext, body: EventBody): string | null {
  const key = idempotencyKey(c);
  const id = body.id ?? null;
  if (key === null) return id;
  const fault = checkEventId(key);
  if (fault !== null)
    throw invalid([{ field: 'Idempotency-Key', message: `Idempotency-Key works as the event id and ${fault}` }]);
  if (id !== null && id !== key) {
    throw invalid([
      { field: 'Idempotency-Key', message: 'Idempotency-Key works as the event id and must not differ from id' },
    ]);
  }
  return key;
}

/**
 * Under an Idempotency-Key events without an id get one from the key and their place: a repeated
 * batch publishes nothing twice.
 */
async function checkOne(event: unknown, key: string | null, index: number): Promise<Outgoing | Problem> {
  try {
    const body = checkEvent(event);
    return outgoing(body, body.id ?? (key === null ? null : await derivedId(key, index)));
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
}

async function derivedId(key: string, index: number): Promise<string> {
  return `evt_${base32(await sha256(JSON.stringify(['batch', key, index])))}`;
}

function showResult(result: Published | Problem | undefined) {
  if (result === undefined) throw new Error('a batch has one result for each event');
  if (result instanceof Problem) return refused(result);
  if (result.kind === 'problem') return refused(result.problem);
  return { outcome: 'accepted', status: 202, ...showAccepted(result) };
}

function refused({ body }: Problem) {
  return { outcome: 'refused', ...body };
}
