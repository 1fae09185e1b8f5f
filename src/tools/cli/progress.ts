/**
 * The progress of a job on standard error: a bar that is drawn over itself on a terminal, a line
 * for each tenth elsewhere.
 */
import type { Io } from './io.ts';

export type Progress = { done: number; total: number; note: string };

const BAR_CHARS = 24;
const LINES = 10;

/**
 * Pure: `[#########---------------]  38% 38/100  2 failed`. Never wider than the terminal, or it
 * could not be drawn over.
 */
export function barOf({ done, total, note }: Progress, columns: number): string {
  const share = total === 0 ? 1 : Math.min(1, done / total);
  const filled = Math.floor(share * BAR_CHARS);
  const bar = `[${'#'.repeat(filled)}${'-'.repeat(BAR_CHARS - filled)}]`;
  const percent = `${Math.floor(share * 100)}%`.padStart(4);
  return `${bar} ${percent} ${done}/${total}  ${note}`.trimEnd().slice(0, Math.max(1, columns - 1));
}

export function createProgress(io: Io, isQuiet: boolean): { show: (progress: Progress) => void; end: () => void } {
  let isDrawn = false;
  let tenth = -1;
  return {
    show: (progress) => {
      if (isQuiet) return;
      if (io.isTerminal.err) {
        io.err(`\r\u001b[K${barOf(progress, io.columns())}`);
        isDrawn = true;
        return;
      }
      const now = progress.total === 0 ? LINES : Math.floor((progress.done / progress.total) * LINES);
      if (now === tenth) return;
      tenth = now;
      io.err(`${barOf(progress, io.columns())}\n`);
    },
    end: () => {
      if (isDrawn) io.err('\n');
      isDrawn = false;
    },
  };
}
