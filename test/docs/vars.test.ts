/**
 * The variables of .dev.vars.example against wrangler.toml: `wrangler dev` reads no others of that
 * file.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { expect, test } from 'vitest';

const read = (name: string) => readFileSync(join(import.meta.dirname, '../..', name), 'utf8');

/**
 * Set as secrets, with MASTER_KEY in one step: Cloudflare refuses a secret under the name of a
 * variable.
 */
const OF_A_CHANGE = ['MASTER_KEY_ID', 'MASTER_KEYS_OLD'];
/** A secret too, and most installations have none. */
const OPTIONAL = ['OTEL_EXPORTER_OTLP_HEADERS'];

test('wrangler.toml names every variable, but for secrets that not every installation has', () => {
  const config = read('wrangler.toml');
  const [, required = ''] = /^required = \[(.*)\]$/m.exec(config) ?? [];
  const [, vars = ''] = /^\[vars\]\n((?:\w+ = ""\n)+)/m.exec(config) ?? [];
  const named = [...`${required}\n${vars}`.matchAll(/[A-Z_]{3,}/g)].map(([name]) => name);
  const variables = Object.keys(parseEnv(read('.dev.vars.example')));
  expect([...named, ...OF_A_CHANGE, ...OPTIONAL].toSorted()).toEqual(variables.toSorted());
});
