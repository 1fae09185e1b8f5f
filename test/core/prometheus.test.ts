import { expect, test } from 'vitest';
import { prometheusText } from '../../src/core/prometheus.ts';
import { parsePrometheus } from '../support/prometheus.ts';

test('buckets are cumulative, +Inf is the count, and labels and help are escaped', () => {
  const text = prometheusText([
    { name: 'h', help: 'a\\b\nc', type: 'histogram', bounds: [0.1, 1], counts: [2, 3, 4], sum: 12.5 },
    { name: 'g', help: 'of', type: 'gauge', samples: [{ labels: { a: 'x"y\\z\n', b: '2' }, value: 7 }] },
  ]);
  expect(text).toBe(
    [
      String.raw`# HELP h a\\b\nc`,
      '# TYPE h histogram',
      'h_bucket{le="0.1"} 2',
      'h_bucket{le="1"} 5',
      'h_bucket{le="+Inf"} 9',
      'h_sum 12.5',
      'h_count 9',
      '# HELP g of',
      '# TYPE g gauge',
      String.raw`g{a="x\"y\\z\n",b="2"} 7`,
      '',
    ].join('\n'),
  );
  expect(parsePrometheus(text).get('h')?.samples.get('_bucket{le="+Inf"}')).toBe(9);
  expect(() => parsePrometheus('g{a="x"y"} 7\n')).toThrow('not a sample');
});
