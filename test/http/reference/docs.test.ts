/**
 * O5: `/docs` as a page: whoever reads it with a keyboard, a phone, a dark screen or a screen
 * reader finds everything.
 */
import { describe, expect, it } from 'vitest';
import { curlOf } from '../../../src/http/reference/docs-curl.ts';
import { DOCS_COLOURS, DOCS_STYLE } from '../../../src/http/reference/docs-style.ts';
import { documentShape, placedOperations } from '../../../src/http/reference/openapi-document.ts';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

type App = { request(path: string, init: object, env: object): Promise<Response> };
// By a variable: the app is checked with the types of workerd, which differ from Node's in what
// setTimeout returns.
const app = '../../../src/http/app.ts';
const { createApp }: { createApp: () => App } = await import(app);
const env = { ADMIN_KEY: 'k'.repeat(32), MASTER_KEY: btoa('k'.repeat(32)) };
const page = await (await createApp().request('/docs', {}, env)).text();
const document = documentShape.parse(await (await createApp().request('/openapi.json', {}, env)).json());

/** WCAG 2.2, relative luminance and contrast. */
function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5]
    .map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
function contrast(a: string, b: string): number {
  const [dark = 0, light = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}

describe('the reference page', () => {
  const onPage = ['text', 'dim', 'link', 'get', 'change', 'delete'] as const;
  const pairs = (['page', 'soft'] as const).flatMap((ground) => onPage.map((ink) => [ink, ground] as const));
  it.each(pairs)('is readable: %s on %s has a contrast of 4.5 or more, light and dark', (ink, ground) => {
    for (const scheme of [0, 1] as const) {
      expect(contrast(DOCS_COLOURS[ink][scheme], DOCS_COLOURS[ground][scheme])).toBeGreaterThanOrEqual(4.5);
    }
  });

  it('takes its colours from nowhere else', () => {
    const rules = DOCS_STYLE.slice(DOCS_STYLE.indexOf('* {'));
    expect(rules.match(/#[0-9a-f]{3,8}\b|rgb|hsl/gi)).toBe(null);
    expect([contrast('#000000', '#ffffff'), contrast('#777777', '#ffffff')].map(Math.floor)).toEqual([21, 4]);
  });

  it('has one main part, one heading of the first rank, and no rank left out', () => {
    expect(page.match(/<main /g)).toHaveLength(1);
    expect(page.match(/<nav /g)).toHaveLength(1);
    expect(page.match(/<h1>/g)).toHaveLength(1);
    const ranks = [...page.matchAll(/<h([1-6])[ >]/g)].map(([, rank]) => Number(rank));
    expect(ranks.filter((rank, i) => i > 0 && rank > (ranks[i - 1] ?? 0) + 1)).toEqual([]);
    expect(page).toContain('<a class="skip" href="#content">');
    expect(page).toContain('<html lang="en">');
    expect(page.match(/<table>/g)?.length).toBe(page.match(/<thead>/g)?.length);
  });

  it('reaches every operation, problem and schema by a link of its contents or of what speaks of it', () => {
    const linked = new Set([...page.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id));
    const contents = page.slice(page.indexOf('<nav'), page.indexOf('</nav>'));
    for (const { operation } of placedOperations(document)) {
      expect(contents).toContain(`href="#${operation.operationId}"`);
    }
    const ids = [...page.matchAll(/ id="((?:problem|schema)-[^"]+)"/g)].map(([, id]) => id);
    expect(ids.filter((id) => !linked.has(id) && id !== 'problem-method-not-allowed')).toEqual([]);
  });

  it('tells the fields of a body where it is asked for, and the operations by what they do', () => {
    const publish = page.slice(
      page.indexOf('<section id="publishEvent">'),
      page.indexOf('<section id="publishEvents">'),
    );
    for (const field of ['type', 'record', 'version', 'occurredAt', 'data', 'forms']) {
      expect(publish).toContain(`<td><code>${field}</code>`);
    }
    const contents = page.slice(page.indexOf('<nav'), page.indexOf('</nav>'));
    for (const { operation } of placedOperations(document)) {
      expect(contents).toContain(`title="${operation.operationId}">${operation.summary.replaceAll("'", '&#39;')}</a>`);
    }
  });

  it('asks where it was read, with the key of local mode there and with none elsewhere', async () => {
    expect(page).toContain('TUBEPOST=http://localhost\n');
    expect(page).not.toContain('tubepost_local_admin_key');
    const local = { ...env, LOCAL_MODE: 'true' };
    const there = await (await createApp().request('http://127.0.0.1:8787/docs', {}, local)).text();
    expect(there).toContain('TUBEPOST=http://127.0.0.1:8787\n');
    expect(there).toContain('tubepost_local_admin_key');
    const odd = await (await createApp().request('http://a$(id)`b`/docs', {}, env)).text();
    expect(odd).not.toContain('$(id)');
    const made = await (await createApp().request('https://hooks.example.com/openapi.json', {}, env)).json();
    expect(made).toMatchObject({ servers: [{ url: 'https://hooks.example.com' }] });
  });

  it('sets every variable that an example needs', () => {
    const set = new Set([...page.matchAll(/^(\w+)=/gm)].map(([, name]) => name));
    const needed = placedOperations(document).flatMap(({ path }) =>
      [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name),
    );
    expect(needed.filter((name) => !set.has(name))).toEqual([]);
  });

  it('weighs less than 600 kB, and 50 kB on the way', async () => {
    const packed = new Blob([page]).stream().pipeThrough(new CompressionStream('gzip'));
    const bytes = (await new Response(packed).arrayBuffer()).byteLength;
    expect(new Blob([page]).size).toBeLessThan(600_000);
    expect(bytes).toBeLessThan(50_000);
  });
});

describe('the curl of each operation', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tubepost-curl-'));
  // Says what it was given, so that the shell's own reading of the text is what is judged.
  writeFileSync(join(folder, 'curl'), '#!/bin/sh\nprintf "%s\\0" "$@"\n');
  chmodSync(join(folder, 'curl'), 0o755);
  const variables = {
    account: 'acme',
    endpoint: 'ep_1',
    secret: 'sec_1',
    event: 'e',
    prefix: 'p',
    q: 't',
    delivery: 'd',
    attempt: 'a',
    job: 'j',
  };
  const others = {
    record: 'ticket%2F4211',
    type: 't',
    version: '1',
    from: '1',
    to: '2',
    key: 'k',
    alert: 'l',
    replay: 'r',
  };

  it.each(placedOperations(document).map((placed) => [placed.operation.operationId, placed] as const))(
    'of %s is what the shell makes the request of the document from',
    (_, { method, path, operation }) => {
      const example = operation.requestBody?.content['application/json']?.example;
      const parameters = operation.parameters ?? [];
      const isPublic = operation.security?.length === 0;
      const text = curlOf({ method, path, parameters, example, isPublic });
      const values: Record<string, string> = { ...variables, ...others };
      const env = { ...values, PATH: `${folder}:/usr/bin:/bin`, TUBEPOST: 'http://at', TUBEPOST_KEY: 'secret' };
      const given = execFileSync('sh', ['-euc', text], { env, encoding: 'utf8' }).split('\0').slice(0, -1);
      const query = parameters.filter((one) => one.in === 'query' && one.required === true);
      const place = path.replaceAll(/\{(\w+)\}/g, (__, name: string) => values[name] ?? '');
      const asked = query.length === 0 ? '' : `?${query.map(({ name = '' }) => `${name}=${values[name]}`).join('&')}`;
      expect(given).toContain(`http://at${place}${asked}`);
      expect(given.includes('Authorization: Bearer secret')).toBe(!isPublic);
      expect(given[given.indexOf('-X') + 1]).toBe(method === 'get' ? given[0] : method.toUpperCase());
      if (example === undefined) expect(given).not.toContain('-d');
      else expect(JSON.parse(given[given.indexOf('-d') + 1] ?? '')).toEqual(example);
    },
  );

  it('survives a quote in an example', () => {
    const text = curlOf({
      method: 'post',
      path: '/',
      parameters: [],
      example: { reason: "it's back" },
      isPublic: true,
    });
    const env = { PATH: `${folder}:/usr/bin:/bin`, TUBEPOST: 'http://at' };
    const given = execFileSync('sh', ['-euc', text], { env, encoding: 'utf8' }).split('\0');
    expect(JSON.parse(given[given.indexOf('-d') + 1] ?? '')).toEqual({ reason: "it's back" });
  });

  it('leaves nothing behind', () => rmSync(folder, { recursive: true }));
});
