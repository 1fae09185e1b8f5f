/** The results as JUnit XML, in the subset that CI systems agree on. */
import type { Result } from './result.ts';

export function junitOf(name: string, results: readonly Result[]): string {
  const failures = results.filter(({ verdict }) => verdict === 'fail').length;
  const skipped = results.filter(({ verdict }) => verdict === 'skipped' || verdict === 'unseen').length;
  const seconds = results.reduce((sum, { durationMs }) => sum + durationMs, 0) / 1_000;
  const counts = `tests="${results.length}" failures="${failures}" errors="0" skipped="${skipped}" time="${seconds.toFixed(3)}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${counts}>`,
    `  <testsuite name="${escaped(name)}" ${counts}>`,
    ...results.map((result) => caseOf(name, result)),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

function caseOf(suite: string, { check, title, verdict, sent, got, risk, mend, durationMs }: Result): string {
  const open = `    <testcase classname="${escaped(suite)}.${escaped(check)}" name="${escaped(title)}" time="${(durationMs / 1_000).toFixed(3)}"`;
  if (verdict === 'pass') return `${open}/>`;
  if (verdict !== 'fail') {
    const why = verdict === 'unseen' ? `${got}; what it did is not seen without a state` : got;
    return `${open}><skipped message="${escaped(why)}"/></testcase>`;
  }
  const story = `sent: ${sent}\ngot: ${got}\nrisk: ${risk ?? ''}\nmend: ${mend ?? ''}`;
  return `${open}><failure message="${escaped(got)}">${escaped(story)}</failure></testcase>`;
}

/** XML 1.0 has no way at all to write most control characters. */
function escaped(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[^\P{Cc}\n\t]/gu, '\ufffd')
    .replaceAll('\ufffe', '\ufffd')
    .replaceAll('\uffff', '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
