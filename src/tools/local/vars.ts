/**
 * The Worker's variables on this machine: .dev.vars (made from .dev.vars.example when absent),
 * where the environment wins. Refuses to invent values: a variable that neither file names is not
 * passed on.
 */
import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';

/**
 * Also keys the example names and .dev.vars lacks are read from the environment, but their example
 * values are not used.
 */
export function readVars(root: string, environment: NodeJS.ProcessEnv): Record<string, string> {
  const example = join(root, '.dev.vars.example');
  const own = join(root, '.dev.vars');
  if (!existsSync(own)) copyFileSync(example, own);

  const exampleVars = parseVars(example);
  const ownVars = parseVars(own);
  const vars: Record<string, string> = {};
  for (const name of new Set([...Object.keys(exampleVars), ...Object.keys(ownVars)])) {
    const value = environment[name] ?? ownVars[name] ?? '';
    if (value !== '') vars[name] = value;
  }
  return vars;
}

/** Of .dev.vars.example: everybody knows them. */
export function publishedVars(root: string): NodeJS.Dict<string> {
  return parseVars(join(root, '.dev.vars.example'));
}

/**
 * The key itself when it is the published local one, else only enough of it to tell two keys apart.
 */
export function showKey(root: string, key: string | undefined): string {
  if (key === undefined) return 'none: set ADMIN_KEY in .dev.vars';
  if (key === publishedVars(root)['ADMIN_KEY']) return key;
  return `${key.slice(0, 4)}… (ADMIN_KEY, ${key.length} characters)`;
}

function parseVars(path: string): NodeJS.Dict<string> {
  return parseEnv(readFileSync(path, 'utf8'));
}
