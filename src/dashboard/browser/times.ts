/** Times as the reader's clock has them; the exact instant stays on hover. */

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const dated = new Intl.DateTimeFormat(undefined, {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
});
const whole = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'long' });
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto', style: 'long' });

export function writeTimes(root: ParentNode): void {
  const now = Date.now();
  for (const element of root.querySelectorAll('time')) {
    const at = Date.parse(element.dateTime);
    if (Number.isNaN(at)) continue;
    const text = written(element.dataset['as'], at, now);
    if (element.textContent !== text) element.textContent = text;
    element.title = `${whole.format(at)} (${element.dateTime})`;
  }
}

/** Counting, once a second, while somebody looks. */
export function keepTime(): void {
  setInterval(() => {
    if (!document.hidden) writeTimes(document);
  }, SECOND_MS);
}

function written(as: string | undefined, at: number, now: number): string {
  if (as === 'ago') return ago(at, now);
  if (as === 'until') return at <= now ? 'now' : ago(at, now);
  return new Date(at).toDateString() === new Date(now).toDateString() ? clock.format(at) : dated.format(at);
}

function ago(at: number, now: number): string {
  const ms = at - now;
  const size = Math.abs(ms);
  if (size < 2 * MINUTE_MS) return relative.format(Math.round(ms / SECOND_MS), 'second');
  if (size < 2 * HOUR_MS) return relative.format(Math.round(ms / MINUTE_MS), 'minute');
  if (size < 2 * DAY_MS) return relative.format(Math.round(ms / HOUR_MS), 'hour');
  return relative.format(Math.round(ms / DAY_MS), 'day');
}
