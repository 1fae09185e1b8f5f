/** The figures of the story: told, never judged. */
import { quantile, table } from '../bench/figures.ts';
import type { Told } from './story.ts';

export function tell({ steps, live }: Told): void {
  table(
    ['step', 'took'],
    steps.map(({ what, tookMs }) => [what, `${tookMs.toFixed(0)} ms`]),
  );
  const rows = [0.5, 0.95].map((share) => {
    const [alone, beside] = [quantile(live.alone, share), quantile(live.beside, share)];
    const ratio = (beside / alone).toFixed(2);
    return [`p${share * 100}`, `${alone.toFixed(1)} ms`, `${beside.toFixed(1)} ms`, ratio];
  });
  console.log(
    `live events of the same account, from publish to arrival (${live.alone.length} and ${live.beside.length})`,
  );
  table(['', 'alone', 'beside the replay', 'ratio'], rows);
}
