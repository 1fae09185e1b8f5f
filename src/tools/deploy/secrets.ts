/**
 * The secrets of a new deployment: from the environment where it names them, asked for where
 * somebody sits at a terminal, else made. They are written to a file that only its owner reads
 * before anything uses them: a run that breaks off after the deploy has lost no key.
 */
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';

const MASTER_KEY_BYTES = 32;
const ADMIN_KEY_CHARS_MIN = 32;

type Rule = { make: () => string; fault: (value: string) => string | null };

const RULES: Readonly<Record<string, Rule>> = {
  MASTER_KEY: {
    make: () => randomBytes(MASTER_KEY_BYTES).toString('base64'),
    fault: (value) =>
      Buffer.from(value, 'base64').toString('base64') === value &&
      Buffer.from(value, 'base64').length === MASTER_KEY_BYTES
        ? null
        : `MASTER_KEY must be the base64 of ${MASTER_KEY_BYTES} random bytes: openssl rand -base64 ${MASTER_KEY_BYTES}`,
  },
  ADMIN_KEY: {
    make: () => `tbk_${randomBytes(MASTER_KEY_BYTES).toString('base64url')}`,
    fault: (value) =>
      /^[\x21-\x7e]+$/.test(value) && value.length >= ADMIN_KEY_CHARS_MIN
        ? null
        : `ADMIN_KEY must have at least ${ADMIN_KEY_CHARS_MIN} visible ASCII characters`,
  },
};

/**
 * What is wrong with secrets that the environment names: before anything is touched. Never shows a
 * value.
 */
export function secretFaults(names: readonly string[], environment: NodeJS.ProcessEnv): string[] {
  return names.flatMap((name) => {
    const value = environment[name];
    const fault = value === undefined || value === '' ? null : (RULES[name]?.fault(value) ?? null);
    return fault === null ? [] : [fault];
  });
}

/** `ask`: null where nobody is there. An empty answer has one made. */
export type Ask = ((question: string) => Promise<string>) | null;

/** Returns the names that were made here. A file of an earlier run is used as it is. */
export async function writeSecrets(
  file: string,
  names: readonly string[],
  environment: NodeJS.ProcessEnv,
  ask: Ask,
): Promise<string[]> {
  const kept = existsSync(file) ? z.record(z.string(), z.string()).parse(JSON.parse(readFileSync(file, 'utf8'))) : {};
  const secrets: Record<string, string> = {};
  const made: string[] = [];
  for (const name of names) {
    const known = kept[name] ?? environment[name] ?? '';
    const value = known !== '' ? known : await asked(name, ask);
    if (value === '') made.push(name);
    secrets[name] = value === '' ? makeSecret(name) : value;
  }
  writeFileSync(file, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 });
  // The mode above is for a new file only.
  chmodSync(file, 0o600);
  return made;
}

function makeSecret(name: string): string {
  const rule = RULES[name];
  if (rule === undefined) throw new Error(`set ${name} in the environment: what it must be is not known here`);
  return rule.make();
}

async function asked(name: string, ask: Ask): Promise<string> {
  if (ask === null) return '';
  for (;;) {
    const value = (await ask(`${name} (empty: make one): `)).trim();
    const fault = value === '' ? null : (RULES[name]?.fault(value) ?? null);
    if (fault === null) return value;
    console.error(fault);
  }
}
