/** What a check found, in the four parts that someone needs to mend it. */

export type Verdict =
  | 'pass'
  | 'fail'
  /** The outside is right; what happened inside could not be seen, because no state is offered. */
  | 'unseen'
  /** Not tried, because what it needs has failed before. */
  | 'skipped';

export type Result = {
  /** Stable, for `--only` and for machines. */
  check: string;
  title: string;
  verdict: Verdict;
  sent: string;
  got: string;
  /** What would go wrong in production, and what to do; null unless it failed. */
  risk: string | null;
  mend: string | null;
  durationMs: number;
};

/** `isLast`: nothing else can be judged after it. */
export type Fault = Pick<Result, 'sent' | 'got'> & { risk: string; mend: string; isLast?: boolean };

/** What a check says itself: the first fault is what it failed by. */
export type Finding = { kind: 'fine'; sent: string; got: string; isSeen: boolean } | ({ kind: 'fault' } & Fault);

export function fine(sent: string, got: string, isSeen = true): Finding {
  return { kind: 'fine', sent, got, isSeen };
}

export function fault(found: Fault): Finding {
  return { kind: 'fault', ...found };
}

export function resultOf(
  { check, title }: { check: string; title: string },
  found: Finding,
  durationMs: number,
): Result {
  const { sent, got } = found;
  if (found.kind === 'fault')
    return { check, title, verdict: 'fail', sent, got, risk: found.risk, mend: found.mend, durationMs };
  return { check, title, verdict: found.isSeen ? 'pass' : 'unseen', sent, got, risk: null, mend: null, durationMs };
}
