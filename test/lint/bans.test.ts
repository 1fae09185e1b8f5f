import { beforeAll, describe, expect, it } from 'vitest';
import { lint, typeCheck, type Finding } from './plant.ts';

const unions = `declare const kind: 'a' | 'b';\n`;

/** Each plants one violation: the rule must report it in that file. */
const bans = [
  ['a clock in core', 'src/core/p01.ts', 'export const a = Date.now();', 'eslint(no-restricted-properties)'],
  ['a Date in core', 'src/core/p02.ts', 'export const a = new Date();', 'eslint(no-restricted-globals)'],
  ['randomness in core', 'src/core/p03.ts', 'export const a = Math.random();', 'eslint(no-restricted-properties)'],
  ['a fetch in core', 'src/core/p04.ts', `void fetch('https://a.example');`, 'eslint(no-restricted-globals)'],
  ['crypto in core', 'src/core/p05.ts', 'export const a = crypto.randomUUID();', 'eslint(no-restricted-globals)'],
  ['a timer in core', 'src/core/p06.ts', 'setTimeout(() => undefined, 1);', 'eslint(no-restricted-globals)'],
  ['an interval in core', 'src/core/p07.ts', 'setInterval(() => undefined, 1);', 'eslint(no-restricted-globals)'],
  ['logging in core', 'src/core/p08.ts', `console.log('a');`, 'eslint(no-restricted-globals)'],
  ['performance in core', 'src/core/p09.ts', 'export const a = performance.now();', 'eslint(no-restricted-globals)'],
  ['a global by another name', 'src/core/p10.ts', 'void globalThis.fetch;', 'eslint(no-restricted-properties)'],
  [
    'a promise nobody awaits',
    'src/http/p11.ts',
    'export function f(queue: Queue): void {\n  queue.send(1);\n}',
    'typescript(no-floating-promises)',
  ],
  [
    'a promise as a condition',
    'src/http/p12.ts',
    'export function f(p: Promise<boolean>): number {\n  return p ? 1 : 2;\n}',
    'typescript(no-misused-promises)',
  ],
  [
    'a switch that misses a case',
    'src/core/p13.ts',
    `${unions}switch (kind) {\n  case 'a':\n    break;\n}`,
    'typescript(switch-exhaustiveness-check)',
  ],
  [
    'a default that hides a missing case',
    'src/core/p14.ts',
    `${unions}switch (kind) {\n  case 'a':\n    break;\n  default:\n}`,
    'typescript(switch-exhaustiveness-check)',
  ],
  ['any', 'src/http/p15.ts', 'export const a = (b: any): unknown => b;', 'typescript(no-explicit-any)'],
  [
    'a non-null assertion',
    'src/http/p16.ts',
    'export const a = (b: string | null): string => b!;',
    'typescript(no-non-null-assertion)',
  ],
  [
    'a thrown string',
    'src/http/p17.ts',
    `export function f(): never {\n  throw 'a';\n}`,
    'typescript(only-throw-error)',
  ],
  ['loose equality', 'src/http/p18.ts', 'export const a = (b: unknown): boolean => b == 1;', 'eslint(eqeqeq)'],
  [
    'an unused name',
    'src/http/p19.ts',
    'export function f(): void {\n  const unused = 1;\n}',
    'eslint(no-unused-vars)',
  ],
  [
    'a cycle of types alone',
    'src/core/p20.ts',
    `import type { B } from './p20b.ts';\nexport type A = { b: B };`,
    'import(no-cycle)',
  ],
  [
    'a test that silences the others',
    'test/core/p21.test.ts',
    `import { it } from 'vitest';\nit.only('a', () => undefined);`,
    'vitest(no-focused-tests)',
  ],
  [
    'a test that is skipped',
    'test/core/p22.test.ts',
    `import { it } from 'vitest';\nit.skip('a', () => undefined);`,
    'vitest(no-disabled-tests)',
  ],
] as const;

let findings: Finding[];

beforeAll(() => {
  const planted = Object.fromEntries(bans.map(([, file, text]) => [file, `${text}\n`]));
  findings = lint({
    ...planted,
    'src/core/p20b.ts': `import type { A } from './p20.ts';\nexport type B = { a: A };\n`,
    'src/http/clock.ts': `export const now = Date.now() + Math.random();\n`,
  });
}, 60_000);

describe('lint', () => {
  it.each(bans)('reports %s', (_name, file, _text, rule) => {
    expect(findings.filter((finding) => finding.file === file).map((finding) => finding.rule)).toContain(rule);
  });

  it('lets the edges read clock and randomness', () => {
    expect(findings.filter(({ file }) => file === 'src/http/clock.ts')).toEqual([]);
  });
});

describe('tsc', () => {
  it('refuses an enum, which Node could not strip', () => {
    expect(typeCheck({ 'src/core/planted.ts': 'export enum Kind {\n  A,\n}\n' })).toMatch(/planted\.ts.*TS1294/);
  }, 60_000);
});
