/** Whether the log says of every event what the receivers saw of it. */
import { z } from 'zod';
import { type Layout, eventCount, eventOf, placeOf } from './layout.ts';
import type { Everything } from './messages.ts';

const Delivery = z.object({
  event: z.string(),
  status: z.string(),
  sequence: z.number().nullable(),
  attempts: z.number(),
});
const Attempt = z.object({ event: z.string(), statusCode: z.number().nullable() });

export type Logged = {
  deliveries: number;
  taken: Uint8Array;
  failed: Uint8Array;
  unknown: Uint8Array;
  faults: string[];
};

/** Both lists whole, as streams. */
export async function readLog(url: string, key: string, layout: Layout): Promise<Logged> {
  const events = eventCount(layout);
  const seen = new Uint8Array(events);
  const logged: Logged = {
    deliveries: 0,
    taken: new Uint8Array(events),
    failed: new Uint8Array(events),
    unknown: new Uint8Array(events),
    faults: [],
  };
  const fault = (text: string) => logged.faults.length < FAULTS_MAX && logged.faults.push(text);
  for await (const line of lines(`${url}/v1/deliveries?format=ndjson`, key)) {
    const { event: id, status, sequence } = Delivery.parse(JSON.parse(line));
    const event = eventOf(id);
    if (event === null || event >= events) {
      fault(`the log has ${id}, which was never published`);
      continue;
    }
    logged.deliveries += 1;
    seen[event] = (seen[event] ?? 0) + 1;
    if (status !== 'delivered') fault(`${id} is ${status} in the log`);
    if (sequence !== placeOf(layout, event).round + 1) fault(`${id} has sequence ${sequence} in the log`);
  }
  seen.forEach((count, event) => count !== 1 && fault(`the log has ${count} deliveries of event ${event}`));
  for await (const line of lines(`${url}/v1/attempts?format=ndjson`, key)) {
    const { event: id, statusCode } = Attempt.parse(JSON.parse(line));
    const event = eventOf(id);
    if (event === null) continue;
    const list = statusCode === 204 ? logged.taken : statusCode === 500 ? logged.failed : logged.unknown;
    list[event] = (list[event] ?? 0) + 1;
  }
  return logged;
}

/**
 * `unsure`: events of which a kill may have lost an answer; of all others each request must be in
 * the log, and no more.
 */
export function compare(seen: Everything, logged: Logged): { faults: string[]; unsure: number; unlike: number } {
  const faults: string[] = [];
  let unsure = 0;
  let unlike = 0;
  seen.taken.forEach((taken, event) => {
    const isSame =
      taken === logged.taken[event] && seen.failed[event] === logged.failed[event] && !logged.unknown[event];
    if (seen.unsure[event] === 1) {
      unsure += 1;
      if (!isSame) unlike += 1;
      return;
    }
    if (taken === 0) faults.push(`event ${event} was never delivered`);
    if (!isSame) {
      const log = `${logged.taken[event]}, ${logged.failed[event]}, ${logged.unknown[event]}`;
      faults.push(
        `event ${event}: receivers answered ${taken} with 204 and ${seen.failed[event]} with 500, the log has ${log}`,
      );
    }
  });
  // A kill may lose what the log knew of an answer, but no event.
  seen.taken.forEach((taken, event) => {
    if (taken === 0 && seen.unsure[event] === 1) faults.push(`event ${event} was never delivered`);
  });
  return { faults: faults.slice(0, FAULTS_MAX), unsure, unlike };
}
const FAULTS_MAX = 20;

async function* lines(url: string, key: string): AsyncGenerator<string> {
  const answer = await fetch(url, { headers: { authorization: `Bearer ${key}` } });
  if (!answer.ok || answer.body === null) throw new Error(`${url}: ${answer.status} ${await answer.text()}`);
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
    const [last = '', ...whole] = (rest + chunk.value).split('\n').toReversed();
    rest = last;
    yield* whole.toReversed();
  }
}
