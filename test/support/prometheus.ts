/**
 * A strict reader of Prometheus text 0.0.4: throws on whatever the format does not allow, where a
 * lenient scraper would guess.
 */
export type Parsed = Map<string, { type: string; samples: Map<string, number> }>;

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const PAIR = String.raw`[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\\\|\\"|\\n)*"`;
const SAMPLE = new RegExp(
  String.raw`^(${NAME})(?:\{(${PAIR}(?:,${PAIR})*)\})? (-?[0-9.]+(?:e[+-]?[0-9]+)?|\+Inf|NaN)$`,
);

/** By family; samples by their name without the family's, and labels as they stand. */
export function parsePrometheus(text: string): Parsed {
  if (!text.endsWith('\n')) throw new Error('the last line must end');
  const families: Parsed = new Map();
  let name = '';
  let isHelped = '';
  for (const line of text.slice(0, -1).split('\n')) {
    const help = new RegExp(String.raw`^# HELP (${NAME}) \S.*$`).exec(line);
    const type = new RegExp(String.raw`^# TYPE (${NAME}) (gauge|counter)$`).exec(line);
    if (help !== null) {
      isHelped = help[1] ?? '';
      continue;
    }
    if (type !== null) {
      name = type[1] ?? '';
      if (name !== isHelped || families.has(name)) throw new Error(`${name} has no HELP of its own, or comes twice`);
      if ((type[2] === 'counter') !== name.endsWith('_total')) throw new Error(`${name} must not be a ${type[2]}`);
      families.set(name, { type: type[2] ?? '', samples: new Map() });
      continue;
    }
    const sample = SAMPLE.exec(line);
    const family = families.get(name);
    if (sample === null || family === undefined) throw new Error(`not a sample: ${line}`);
    const [, own = '', labels = '', value = ''] = sample;
    if (own !== name) throw new Error(`${own} is not of ${name}`);
    const key = labels === '' ? '' : `{${labels}}`;
    if (family.samples.has(key)) throw new Error(`twice: ${line}`);
    family.samples.set(key, Number(value));
  }
  return families;
}
