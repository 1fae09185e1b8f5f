/**
 * The README's requests, run as they stand there against the demo's service: each must answer in
 * the shape that the README shows. A newcomer's first three commands may not be wrong.
 */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Checks } from '../support/checks.ts';

const README = join(import.meta.dirname, '../../README.md');
/** A command, and the answer that stands below it. */
const EXAMPLE = /```sh run\n([\s\S]*?)```\s+```json\n([\s\S]*?)```/g;
const URL_SHOWN = 'http://127.0.0.1:8787';
const KEY_SHOWN = 'tubepost_local_admin_key';

const bash = promisify(execFile);

export async function checkReadme(at: { url: string; key: string }, checks: Checks): Promise<void> {
  const examples = [...(await readFile(README, 'utf8')).matchAll(EXAMPLE)];
  const faults: string[] = [];
  for (const [, command = '', shown = ''] of examples) {
    const here = command.replaceAll(URL_SHOWN, at.url).replaceAll(KEY_SHOWN, at.key);
    const { stdout } = await bash('bash', ['-c', `set -euo pipefail\n${here}`]);
    const [got, wanted] = [shapeOf(JSON.parse(stdout)), shapeOf(JSON.parse(shown))];
    if (got !== wanted) faults.push(`the README shows ${wanted}, the answer is ${got}`);
  }
  checks.check("the README's requests answer as it shows", examples.length, faults);
}

/** Names in their order, without values: what is null at one time may be set at another. */
function shapeOf(value: unknown): string {
  if (Array.isArray(value)) return `[${value.slice(0, 1).map(shapeOf).join('')}]`;
  if (typeof value !== 'object' || value === null) return '·';
  const fields = Object.entries(value).map(([name, inner]) => {
    const mayBeNull = name === 'error' || name === 'lastAttempt' ? '·' : shapeOf(inner);
    return `${name}:${mayBeNull}`;
  });
  return `{${fields.join(',')}}`;
}
