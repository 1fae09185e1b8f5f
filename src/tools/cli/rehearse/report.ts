/**
 * What a rehearsal found, for people: a line for each check, and under a fault what was sent, what
 * came back, why it matters, the mend.
 */
import { writeFile } from 'node:fs/promises';
import type { Context } from '../connect.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import type { Print } from '../print.ts';
import { span } from '../words.ts';
import { junitOf } from './junit.ts';
import type { Result, Verdict } from './result.ts';

const WORDS: Record<Verdict, string> = { pass: 'ok', fail: 'FAIL', unseen: 'unseen', skipped: 'skipped' };
const STYLES = { pass: 'good', fail: 'bad', unseen: 'warn', skipped: 'dim' } as const;
const WIDTH = 7;

export function showResult(print: Print, { verdict, title, sent, got, risk, mend, check, durationMs }: Result): void {
  const word = print.style(STYLES[verdict], WORDS[verdict].padEnd(WIDTH));
  const took = durationMs === 0 ? '' : `, ${span(durationMs)}`;
  print.line(`  ${word}  ${title}  ${print.style('dim', `(${check}${took})`)}`);
  if (verdict !== 'fail') return;
  for (const [what, text] of [
    ['sent', sent],
    ['got', got],
    ['risk', risk ?? ''],
    ['mend', mend ?? ''],
  ] as const) {
    print.line(`           ${what.padEnd(4)}  ${text}`);
  }
}

export function countOf(results: readonly Result[]): Record<Verdict, number> {
  const of = (verdict: Verdict) => results.filter((result) => result.verdict === verdict).length;
  return { pass: of('pass'), fail: of('fail'), unseen: of('unseen'), skipped: of('skipped') };
}

export function showSum(print: Print, results: readonly Result[]): void {
  const { pass, fail, unseen, skipped } = countOf(results);
  const parts = [
    `${pass} passed`,
    `${fail} failed`,
    ...(unseen > 0 ? [`${unseen} unseen`] : []),
    ...(skipped > 0 ? [`${skipped} skipped`] : []),
  ];
  print.line(`\n${parts.join(', ')}`);
}

/** The sum, the files, and what the program ends with. */
export async function endWith(
  context: Context,
  name: string,
  results: Result[],
  junit: string | undefined,
): Promise<ExitCode> {
  const { print } = context;
  showSum(print, results);
  const { pass, fail, unseen, skipped } = countOf(results);
  print.json({ passed: pass, failed: fail, unseen, skipped, results });
  if (junit !== undefined) await writeFile(junit, junitOf(name, results));
  return fail === 0 ? EXIT.ok : EXIT.found;
}
