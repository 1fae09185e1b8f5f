/** One line of shell, run to its end. */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { delimiter, dirname } from 'node:path';

const STEP_MS_MAX = 15 * 60_000;
const OUTPUT_BYTES_MAX = 16 * 1024 * 1024;

export function shell(line: string, cwd: string, env: Record<string, string>): { status: number; output: string } {
  mkdirSync(cwd, { recursive: true });
  const { status, stdout, stderr } = spawnSync('bash', ['-o', 'pipefail', '-c', line], {
    cwd,
    env: { ...process.env, PATH: [dirname(process.execPath), process.env['PATH']].join(delimiter), ...env },
    encoding: 'utf8',
    timeout: STEP_MS_MAX,
    maxBuffer: OUTPUT_BYTES_MAX,
  });
  return { status: status ?? 1, output: status === 0 ? stdout : `${stdout}\n${stderr}` };
}

export function isThere(command: string): boolean {
  return spawnSync('bash', ['-c', `command -v ${command}`]).status === 0;
}
