/**
 * docs/operate.md and docs/monitoring/ against the code: every alert has its section, every metric
 * named is served.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ALERT_RULES } from '../../src/core/alert.ts';

const root = join(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');

const operate = read('docs/operate.md');
const headings = new Set([...operate.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => heading));
const served = new Set(read('src/http/metrics.ts').match(/tubepost_\w+/g));

it('says for each alert rule what to do', () => {
  expect(ALERT_RULES.filter((rule) => !headings.has(rule))).toEqual([]);
});

it('knows each alert rule of docs/alerts.md, and no other', () => {
  const rules = [...read('docs/alerts.md').matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, rule]) => rule);
  expect(new Set(rules)).toEqual(new Set(ALERT_RULES));
});

it.each(['tubepost.rules.yml', 'grafana-dashboard.json'])('%s names only metrics that are served', (file) => {
  const named = new Set(read(`docs/monitoring/${file}`).match(/\btubepost_[a-z_]+/g));
  expect(named.size).toBeGreaterThan(3);
  expect([...named].filter((name) => !served.has(name))).toEqual([]);
});

it('the dashboard shows every metric', () => {
  const shown = read('docs/monitoring/grafana-dashboard.json');
  expect([...served].filter((name) => !shown.includes(name))).toEqual([]);
});

it('the rules lead to sections that are there', () => {
  const anchors = [...read('docs/monitoring/tubepost.rules.yml').matchAll(/runbook: (\S+?)#(\S+)/g)];
  expect(anchors.length).toBeGreaterThan(4);
  const missing = anchors.filter(([, page = '', anchor = '']) => {
    const known = [...read(page).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
      heading.toLowerCase().replaceAll(' ', '-'),
    );
    return !known.includes(anchor);
  });
  expect(missing.map(([link]) => link)).toEqual([]);
});
