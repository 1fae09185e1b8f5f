/** A1: each rule at its edges, and that alerts open once, resolve once and never flap. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Alert,
  ALERT_RULES,
  ALERT_TIMES,
  type AlertRule,
  checkMinimum,
  checkThreshold,
  type Condition,
  rulesWith,
  scopeKey,
  unitOf,
} from '../../src/core/alert.ts';
import { conditionsIn, conditionsOfAll, type EndpointFacts } from '../../src/core/alert-conditions.ts';
import { alertEvent, isSubscribed } from '../../src/core/alert-event.ts';
import { type AlertChange, reconcile } from '../../src/core/alert-reconcile.ts';
import type { FaultCount } from '../../src/core/fault.ts';
import { ALERT_LIKE_MAX } from '../../src/core/limits.ts';

const NOW = Date.UTC(2026, 10, 24);
const MINUTE_MS = 60_000;
const { resolveAfterMs, dayMs: DAY_MS } = ALERT_TIMES;
const book = rulesWith([]);

const healthy: EndpointFacts = {
  account: 'acc',
  endpoint: 'ep',
  status: 'enabled',
  statusReason: null,
  secretSinceMs: NOW - DAY_MS,
  attempts: 1_000,
  failures: 0,
  dead: 0,
  deadExample: null,
  retrying: 0,
  joined: 0,
  left: 0,
  oldestAtMs: null,
  circuit: { kind: 'closed' },
};

function found(facts: Partial<EndpointFacts>, rules = book): string[] {
  const conditions = conditionsIn(
    { nowMs: NOW, dayMs: DAY_MS, accounts: [], faults: [], endpoints: [{ ...healthy, ...facts }] },
    rules,
  );
  return conditions.map(({ rule, strength, value }) => `${rule} ${strength} ${value}`);
}

describe('a rule', () => {
  test.each<[string, Partial<EndpointFacts>, string[]]>([
    ['nothing', {}, []],
    ['1 % exactly', { failures: 10 }, ['failure-rate holds 1']],
    ['over 1 %', { failures: 11 }, ['failure-rate opens 1.1']],
    ['half of it', { failures: 5 }, []],
    ['too few to judge', { attempts: 99, failures: 50 }, ['failure-rate holds 50.51']],
    ['one dead letter', { dead: 1 }, ['dead-letter opens 1']],
    ['99 that are retried', { retrying: 99, joined: 50 }, []],
    ['100, and more come than go', { retrying: 100, joined: 50, left: 49 }, ['backlog-growing opens 100']],
    ['100, and as many go as come', { retrying: 100, joined: 50, left: 50 }, ['backlog-growing holds 100']],
    ['waiting for a second less', { oldestAtMs: NOW - 3_599_999 }, []],
    ['waiting for an hour', { oldestAtMs: NOW - 3_600_000 }, ['oldest-waiting opens 3600']],
    ['waiting, paused', { oldestAtMs: NOW - DAY_MS, status: 'paused' }, []],
    ['no success of 9', { attempts: 9, failures: 9 }, ['failure-rate holds 100', 'endpoint-no-success holds 9']],
    ['no success of 10', { attempts: 10, failures: 10 }, ['failure-rate holds 100', 'endpoint-no-success opens 10']],
    ['one success of 10', { attempts: 10, failures: 9 }, ['failure-rate holds 90']],
    ['idle', { attempts: 0 }, []],
    ['idle, but something waits', { attempts: 0, retrying: 1 }, ['endpoint-no-success holds 0']],
    ['an open circuit', { circuit: { kind: 'open', sinceMs: NOW - 60_000 } }, ['circuit-open opens 60']],
    ['a circuit just opened', { circuit: { kind: 'open', sinceMs: NOW - 59_000 } }, []],
    ['half open', { circuit: { kind: 'half-open', sinceMs: NOW - 90_000 } }, ['circuit-open holds 0']],
    ['no answer of the Gate', { circuit: { kind: 'unknown' } }, ['circuit-open holds 0']],
    ['disabled', { status: 'disabled' }, ['endpoint-disabled opens 1']],
    ['89 days', { secretSinceMs: NOW - 90 * DAY_MS + 1 }, []],
    ['90 days', { secretSinceMs: NOW - 90 * DAY_MS }, ['secret-age opens 90']],
    ['an unknown age', { secretSinceMs: null }, []],
  ])('%s', (_, facts, expected) => {
    expect(found(facts)).toEqual(expected);
  });

  test.each([
    [49, 0, []],
    [50, 0, [50]],
    [60, 20, [3]],
    [60, 21, []],
  ])('%i retries after %i', (retries, retriesBefore, values) => {
    const facts = {
      nowMs: NOW,
      dayMs: DAY_MS,
      endpoints: [],
      faults: [],
      accounts: [{ account: 'acc', retries, retriesBefore }],
    };
    expect(conditionsIn(facts, book).map(({ value }) => value)).toEqual(values);
  });

  test('of many accounts counts accounts', () => {
    const without = (...accounts: string[]) => conditionsOfAll({ withoutSuccess: new Set(accounts), faults: [] }, book);
    expect(without('a', 'b')).toEqual([]);
    const [condition] = without('a', 'b', 'c');
    expect(condition).toMatchObject({ rule: 'accounts-no-success', account: null, endpoint: null, value: 3 });
  });

  test('of faults is about the account that has them, or about the whole service', () => {
    const detail = 'm1 of tubepost-log-dead';
    const poison: FaultCount = { kind: 'poison-message', account: null, faults: 2, detail };
    const full: FaultCount = { kind: 'record-storage', account: 'acc', faults: 1, detail: 'dlv_k…' };
    const faults = [poison, full];
    const ofAll = conditionsOfAll({ withoutSuccess: new Set(), faults }, book);
    const ofAccounts = conditionsIn({ nowMs: NOW, dayMs: DAY_MS, accounts: [], endpoints: [], faults }, book);
    expect(
      [...ofAll, ...ofAccounts].map(({ rule, account, value, detail: told }) => [rule, account, value, told]),
    ).toEqual([
      ['poison-message', null, 2, '2 in 15 minutes; one of them: m1 of tubepost-log-dead'],
      ['record-storage', 'acc', 1, '1 in 15 minutes; one of them: dlv_k…'],
    ]);
  });

  test('that is off finds nothing, and one that was set judges by what was set', () => {
    const rules = rulesWith([{ rule: 'dead-letter', enabled: false, threshold: 1, minimum: null }]);
    expect(found({ dead: 9 }, rules)).toEqual([]);
    const wider = rulesWith([{ rule: 'dead-letter', enabled: true, threshold: 5, minimum: null }]);
    expect([found({ dead: 4 }, wider), found({ dead: 5 }, wider)]).toEqual([[], ['dead-letter opens 5']]);
  });

  test.each(ALERT_RULES)('%s: its defaults may be set', (rule) => {
    expect(checkThreshold(rule, book[rule].threshold)).toBeNull();
    const { minimum } = book[rule];
    expect(checkMinimum(rule, minimum ?? 1)).toEqual(minimum === null ? expect.stringContaining('left out') : null);
    expect(checkThreshold(rule, Number.NaN)).toContain('must be a number');
  });
});

/** What the database does with changes, told at once or not at all. */
class Table {
  readonly all: Alert[] = [];
  readonly told: string[] = [];
  get open() {
    return this.all.filter(({ resolvedAtMs }) => resolvedAtMs === null);
  }
  write(changes: AlertChange[], nowMs: number) {
    for (const change of changes) {
      if (change.kind === 'open') {
        const { strength: _, ...condition } = change.condition;
        if (this.open.some((alert) => scopeKey(alert) === scopeKey(condition))) throw new Error('opened twice');
        this.all.push({
          ...condition,
          id: `alr_${this.all.length}`,
          openedAtMs: nowMs,
          updatedAtMs: nowMs,
          falseSinceMs: null,
          resolvedAtMs: null,
          revision: 1,
          toldRevision: 0,
        });
        continue;
      }
      const alert = this.all.find(({ id }) => id === change.alert.id);
      if (alert === undefined) throw new Error('changed what is not there');
      if (change.kind === 'mark') alert.falseSinceMs = change.falseSinceMs;
      else {
        alert.revision += 1;
        if (change.kind === 'resolve') alert.resolvedAtMs = nowMs;
        else Object.assign(alert, { value: change.condition.value, falseSinceMs: null });
      }
    }
  }
  tell() {
    for (const alert of this.all) {
      if (alert.toldRevision === alert.revision) continue;
      this.told.push(`${alert.id} ${alertEvent(alert).type}`);
      alert.toldRevision = alert.revision;
    }
  }
}

const rules: AlertRule[] = ['dead-letter', 'circuit-open'];
const minute = fc.record({
  present: fc.subarray(rules.flatMap((rule) => ['a', 'b'].map((endpoint) => ({ rule, endpoint })))),
  strength: fc.constantFrom('opens' as const, 'holds' as const),
  value: fc.integer({ min: 1, max: 9 }),
  isWhole: fc.boolean(),
  isTelling: fc.boolean(),
});

describe('alerts', () => {
  test('open once, are told in order from the opening to the end, and all end when the trouble does', () => {
    fc.assert(
      fc.property(fc.array(minute, { maxLength: 60 }), (minutes) => {
        const table = new Table();
        let nowMs = NOW;
        for (const { present, strength, value, isWhole, isTelling } of minutes) {
          const conditions = present.map((scope) => ({
            ...scope,
            account: 'acc',
            strength,
            value,
            threshold: 1,
            detail: '',
          }));
          table.write(reconcile(table.open, conditions, { nowMs, resolveAfterMs, isWhole: () => isWhole }), nowMs);
          // A run that is repeated in the same minute only tells.
          expect(reconcile(table.open, conditions, { nowMs, resolveAfterMs, isWhole: () => isWhole })).toEqual([]);
          if (isTelling) table.tell();
          nowMs += MINUTE_MS;
        }
        for (let n = 0; n < 8; n += 1, nowMs += MINUTE_MS) {
          table.tell();
          table.write(reconcile(table.open, [], { nowMs, resolveAfterMs, isWhole: () => true }), nowMs);
        }
        table.tell();
        expect(table.open).toEqual([]);
        for (const { id } of table.all) {
          const kinds = table.told.flatMap((line) => (line.startsWith(`${id} `) ? [line.split('.').at(-1)] : []));
          expect([kinds[0], kinds.at(-1)]).toEqual(['opened', 'resolved']);
          expect(kinds.slice(1, -1).every((kind) => kind === 'updated')).toBe(true);
        }
      }),
    );
  });

  test('a condition that comes and goes within the quiet time is one alert', () => {
    const table = new Table();
    const condition = {
      rule: 'dead-letter',
      account: 'acc',
      endpoint: 'a',
      strength: 'opens',
      value: 1,
      threshold: 1,
      detail: '',
    } as const;
    for (let n = 0; n < 20; n += 1) {
      const nowMs = NOW + n * MINUTE_MS;
      table.write(
        reconcile(table.open, n % 4 === 0 ? [condition] : [], { nowMs, resolveAfterMs, isWhole: () => true }),
        nowMs,
      );
      table.tell();
    }
    expect(table.told).toEqual(['alr_0 tubepost.alert.opened']);
    table.write(
      reconcile(table.open, [], { nowMs: NOW + 20 * MINUTE_MS + resolveAfterMs, resolveAfterMs, isWhole: () => true }),
      NOW,
    );
    expect(table.open).toEqual([]);
  });

  test('a value is told again when it has doubled, and not before', () => {
    const table = new Table();
    for (let value = 1; value <= 16; value += 1) {
      const condition = {
        rule: 'dead-letter',
        account: 'acc',
        endpoint: 'a',
        strength: 'opens',
        value,
        threshold: 1,
        detail: '',
      } as const;
      table.write(reconcile(table.open, [condition], { nowMs: NOW, resolveAfterMs, isWhole: () => true }), NOW);
      table.tell();
    }
    expect(table.told.map((line) => line.split('.').at(-1))).toEqual([
      'opened',
      ...Array.from({ length: 4 }, () => 'updated'),
    ]);
  });

  test('of many endpoints of an account with one trouble are few: one says how many more are like them', () => {
    const table = new Table();
    const disabled = (count: number, account = 'acc') =>
      Array.from({ length: count }, (_, n) => ({
        rule: 'endpoint-disabled' as const,
        account,
        endpoint: `ep_${n}`,
        strength: 'opens' as const,
        value: 1,
        threshold: 1,
        detail: '',
      }));
    const minute = (conditions: Condition[], n: number) => {
      const nowMs = NOW + n * MINUTE_MS;
      table.write(reconcile(table.open, conditions, { nowMs, resolveAfterMs, isWhole: () => true }), nowMs);
      table.tell();
    };
    minute(disabled(ALERT_LIKE_MAX), 0);
    expect(table.told).toHaveLength(ALERT_LIKE_MAX);
    minute([...disabled(600), ...disabled(3, 'other')], 1);
    expect(table.told).toHaveLength(ALERT_LIKE_MAX + 1 + 3);
    const summary = table.open.find(({ endpoint }) => endpoint === null);
    expect(summary).toMatchObject({
      account: 'acc',
      value: 580,
      detail: 'and 580 more like it: endpoints, among them ep_20',
    });
    expect(unitOf(summary as Alert)).toContain('endpoints beyond the 20');
    // Those that have an alert are repaired first: no other takes their place while one speaks for
    // all.
    for (let n = 2; n < 9; n += 1) minute(disabled(600).slice(ALERT_LIKE_MAX), n);
    expect(table.open.map(({ endpoint }) => endpoint)).toEqual([null]);
    for (let n = 9; n < 16; n += 1) minute([], n);
    expect(table.open).toEqual([]);
    expect(table.all).toHaveLength(ALERT_LIKE_MAX + 1 + 3);
  });

  test('of a rule that only a newer release has can still be read, after a rollback', () => {
    const about = { account: 'acc', endpoint: 'ep' };
    expect(unitOf({ ...about, rule: 'a-rule-to-come' as AlertRule })).toBe('');
    for (const rule of ALERT_RULES) expect(unitOf({ ...about, rule })).not.toBe('');
  });

  test('are for endpoints that ask by name, and never for the one they are about', () => {
    const alert = { endpoint: 'ep_1' } as Alert;
    const asks = (id: string, ...eventTypes: string[]) => isSubscribed({ id, eventTypes }, alert);
    expect(asks('ep_2', 'tubepost.alert.*')).toBe(true);
    expect(asks('ep_2', 'plan.*', 'tubepost.alert.opened')).toBe(true);
    expect([
      asks('ep_2'),
      asks('ep_2', 'plan.*'),
      asks('ep_2', 'tubepost.*'),
      asks('ep_1', 'tubepost.alert.*'),
    ]).toEqual([false, false, false, false]);
  });
});
