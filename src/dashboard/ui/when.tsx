/**
 * A moment. Written in UTC; the script puts it into the reader's zone, with the exact instant on
 * hover. `ago` keeps itself current, `until` counts down.
 */
type Kind = 'clock' | 'ago' | 'until';

export function When({ at, as = 'clock' }: { at: string; as?: Kind }) {
  return (
    <time datetime={at} data-as={as} title={at}>
      {`${at.slice(0, 10)} ${at.slice(11, 19)} UTC`}
    </time>
  );
}

/** Milliseconds as a person says them. */
export function span(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 120_000) return `${Math.round(ms / 100) / 10} s`;
  if (ms < 7_200_000) return `${Math.round(ms / 60_000)} min`;
  if (ms < 172_800_000) return `${Math.round(ms / 3_600_000)} h`;
  return `${Math.round(ms / 86_400_000)} days`;
}
