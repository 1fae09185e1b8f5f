import { expect, test } from 'vitest';
import { byBound, prometheusText } from '../../src/core/prometheus.ts';
import { parsePrometheus } from '../support/prometheus.ts';

test('buckets are cumulative, +Inf is the count, nothing falls under a type that says it does not, and labels and help are escaped', () => {
  const text = prometheusText([
    { name: 'h', help: 'a\\b\nc', samples: byBound([0.1, 1], [2, 3, 4]) },
    { name: 'g', help: 'of', samples: [{ labels: { a: 'x"y\\z\n', b: '2' }, value: 7 }] },
  ]);
  expect(text).toBe(
    [
      String.raw`# HELP h a\\b\nc`,
      '# TYPE h gauge',
      'h{le="0.1"} 2',
      'h{le="1"} 5',
      'h{le="+Inf"} 9',
      '# HELP g of',
      '# TYPE g gauge',
      String.raw`g{a="x\"y\\z\n",b="2"} 7`,
      '',
    ].join('\n'),
  );
  expect(parsePrometheus(text).get('h')?.samples.get('{le="+Inf"}')).toBe(9);
  expect(() => parsePrometheus('g{a="x"y"} 7\n')).toThrow('not a sample');
});
