/**
 * One launch check: what it is called, and how it is played. Stable names: `--only`, JSON and JUnit
 * carry them.
 */
import type { Finding } from './result.ts';
import type { Stage } from './stage.ts';

export type Check = { check: string; title: string; play: (stage: Stage) => Promise<Finding> };
