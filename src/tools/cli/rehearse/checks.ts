/**
 * The launch checks in their order. The first one is a condition of the others: what takes no plain
 * event cannot be judged further.
 */
import type { Check } from './check.ts';
import { acknowledgement, duplicate, replay } from './checks-delivery.ts';
import { concurrent, order } from './checks-order.ts';
import { bigInteger, large, unknownField, unknownType } from './checks-payload.ts';
import { burst } from './checks-pace.ts';
import { forged, rotation, stale } from './checks-signature.ts';
import { type Finding, type Result, resultOf } from './result.ts';
import type { Stage } from './stage.ts';

export const CHECKS: readonly Check[] = [
  acknowledgement,
  duplicate,
  order,
  concurrent,
  replay,
  forged,
  stale,
  rotation,
  unknownField,
  unknownType,
  bigInteger,
  large,
  burst,
];

/** `told` hears of each as it ends. */
export async function playChecks(
  stage: Stage,
  only: readonly string[],
  told: (result: Result) => void,
): Promise<Result[]> {
  const results: Result[] = [];
  let isOver = false;
  for (const check of CHECKS) {
    if (check !== acknowledgement && only.length > 0 && !only.includes(check.check)) continue;
    const startMs = stage.nowMs();
    const found: Finding | null = isOver ? null : await check.play(stage);
    isOver ||= found?.kind === 'fault' && found.isLast === true;
    const result = found === null ? skipped(check) : resultOf(check, found, stage.nowMs() - startMs);
    results.push(result);
    told(result);
  }
  return results;
}

function skipped({ check, title }: Check): Result {
  const why = 'it does not take a plain signed event yet';
  return { check, title, verdict: 'skipped', sent: 'nothing', got: why, risk: null, mend: null, durationMs: 0 };
}
