/**
 * E4: the event that a test sends to one endpoint. It is signed and sent like any other, but no
 * Record holds it: it has no record, no sequence and no retry, nobody waits for it, and only its
 * attempt is logged. Its ids have the shape of all ids and say what it is.
 */
import { slackTestBody } from './alert-slack.ts';
import { eventBody, rfc3339 } from './body.ts';
import type { EndpointSettings } from './endpoint.ts';
import { attemptId, deliveryId, madeEventId, recordId } from './ids.ts';
import type { AttemptRequest } from './rpc.ts';

export const TEST_EVENT_TYPE = 'tubepost.test';
const MESSAGE = 'A test from Tubepost: nothing has happened.';

/**
 * Where other ids name their Record. No Record is there: 160 bits of a hash would have to come out
 * as this.
 */
const NOWHERE = { kind: 'u', hash: 'testtesttesttesttesttesttesttest', generation: 0, shard: 0 } as const;

export type TestEvent = { request: AttemptRequest; attemptId: string; acceptedAtMs: number };

/**
 * `number` tells tests of one account apart (account/test-sends.ts); `ulid` makes the event's id.
 */
export function testEvent(
  account: string,
  endpoint: EndpointSettings,
  number: number,
  ulid: string,
  nowMs: number,
): TestEvent {
  const eventId = madeEventId(ulid, NOWHERE);
  const ref = { sequence: number, endpoint: endpoint.id, replay: 0 };
  const body =
    endpoint.payloadFormat === 'slack'
      ? slackTestBody(MESSAGE)
      : eventBody({
          id: eventId,
          type: TEST_EVENT_TYPE,
          timestamp: rfc3339(nowMs),
          record: null,
          sequence: null,
          version: null,
          schemaVersion: null,
          dataJson: JSON.stringify({ message: MESSAGE, endpoint: endpoint.id }),
        });
  return {
    request: {
      account,
      claim: { ...ref, record: recordId(NOWHERE), claim: 1 },
      delivery: deliveryId(NOWHERE, ref),
      endpoint,
      eventId,
      attempt: 1,
      previous: null,
      replay: null,
      body,
    },
    attemptId: attemptId(NOWHERE, ref, 1),
    acceptedAtMs: nowMs,
  };
}

export function isOfTest({ kind, hash }: { kind: string; hash: string }): boolean {
  return kind === NOWHERE.kind && hash === NOWHERE.hash;
}
