/** What `<tubepost-status>` says of a status, in words that a page may replace. Pure. */
import type { RecordStatus, Watched } from '../client/watch.ts';

export const TEXTS = {
  saved: 'Saved',
  connecting: 'connecting…',
  ended: 'no longer updated',
  nowhere: 'nobody is to get it',
  queued: 'waiting to be sent to {name}',
  sending: 'being sent to {name}',
  sent: 'sent',
  retrying: '{name} is retrying',
  nextTry: ', next try in {time}',
  failed: '{name} did not get it',
  held: '{name} is paused',
  stopped: 'not sent to {name}',
  late: 'late',
  details: 'Details',
};
export type Texts = typeof TEXTS;

/**
 * `quiet`: without what changes each second, for those who are read it aloud. `state`: for style
 * sheets.
 */
export type Said = { state: string; isLate: boolean; text: string; quiet: string; isCounting: boolean };

export function say({ state, status, hasStatus }: Watched, texts: Texts, nowMs: number): Said {
  const said = (of: string, text: string, more = '', isLate = false): Said => {
    const tail = isLate ? ` · ${texts.late}` : '';
    const [quiet, whole] = [`${texts.saved} · ${text}${tail}`, `${texts.saved} · ${text}${more}${tail}`];
    return { state: of, isLate, text: whole, quiet, isCounting: more !== '' };
  };
  if (state === 'ended') return said('ended', texts.ended);
  if (!hasStatus) return said('connecting', texts.connecting);
  if (status === null || status.status === null) return said('nowhere', texts.nowhere);
  const worst = worstOf(status);
  const [of, key] = STATES[status.status] ?? ['queued', 'queued'];
  const next = worst?.delivery.nextAttemptAt ?? null;
  const leftMs = next === null ? 0 : Date.parse(next) - nowMs;
  const more = of === 'retrying' && leftMs > 0 ? texts.nextTry.replace('{time}', span(leftMs)) : '';
  return said(of, texts[key].replace('{name}', worst?.name ?? ''), more, status.late);
}

/** The sentence of the API, counting on from when it was said. */
export function sentenceOf({ delivery }: RecordStatus['endpoints'][number], nowMs: number): string {
  if (delivery.nextAttemptAt === null) return delivery.note;
  const leftMs = Math.max(0, Date.parse(delivery.nextAttemptAt) - nowMs);
  return delivery.note.replace(/(retry|next try|due) in [\d.]+ (ms|s|min|h|days)/, `$1 in ${span(leftMs)}`);
}

const STATES: Record<string, [state: string, key: keyof Texts]> = {
  queued: ['queued', 'queued'],
  delivering: ['queued', 'sending'],
  retrying: ['retrying', 'retrying'],
  delivered: ['sent', 'sent'],
  dead: ['failed', 'failed'],
  held: ['held', 'held'],
  cancelled: ['stopped', 'stopped'],
  superseded: ['sent', 'sent'],
};

function worstOf({ status, endpoints }: RecordStatus): RecordStatus['endpoints'][number] | undefined {
  const worst = endpoints.filter(({ delivery }) => delivery.status === status);
  return worst.find(({ delivery }) => delivery.late) ?? worst[0];
}

/** Rounded up: "in 0 s" would be a promise already broken. */
function span(ms: number): string {
  const seconds = Math.ceil(ms / 1_000);
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7_200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3_600)} h`;
}
