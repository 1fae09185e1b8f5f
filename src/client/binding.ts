/**
 * What another Worker reaches by a service binding: the API without HTTP between. Every call names a key and is checked,
 * limited and logged like a request with that key; a refusal is a value with the API's problem.
 *
 *   [[services]]
 *   binding = "TUBEPOST"
 *   service = "tubepost"
 *   entrypoint = "Tubepost"
 */
import type { AnsweredBy, Input } from './client.ts';

/** `key`: of the API, with the scope that the call needs. `traceparent`: of the request that the event comes from. */
export type BindingCaller = { key: string; account: string; traceparent?: string };
export type BindingEvent = Input<'publishEvent'>['body'];

export interface TubepostBinding {
  /**
   * Publishes one event. Give it an id: where a call throws it is not known whether the event was stored, and the same id makes
   * it safe to call again.
   */
  publish(caller: BindingCaller, event: BindingEvent): Promise<AnsweredBy<'publishEvent'>>;
  /** Publishes up to 100 events: a result for each, in order. */
  publishBatch(caller: BindingCaller, events: BindingEvent[]): Promise<AnsweredBy<'publishEvents'>>;
  /** Where the newest event of a record stands at each endpoint. */
  status(caller: BindingCaller, record: string): Promise<AnsweredBy<'getRecordByKey'>>;
}
