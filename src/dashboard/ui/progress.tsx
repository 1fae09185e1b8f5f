/** How far a job is: as a bar, and in words for those who read. */
import type { Schemas } from '../../client/client.ts';

export function Progress({ of: { total, done, failed, skipped } }: { of: Schemas['JobProgress'] }) {
  const over = Math.min(total, done + failed + skipped);
  const parts = [
    `${over.toLocaleString('en')} of ${total.toLocaleString('en')}`,
    ...(failed === 0 ? [] : [`${failed.toLocaleString('en')} failed`]),
    ...(skipped === 0 ? [] : [`${skipped.toLocaleString('en')} skipped`]),
  ];
  const text = parts.join(', ');
  return (
    <div class="progress">
      <progress value={total === 0 ? 1 : over} max={total === 0 ? 1 : total} aria-label={text}></progress>
      <span>{text}</span>
    </div>
  );
}
