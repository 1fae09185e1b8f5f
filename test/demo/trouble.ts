/**
 * Three bad days of docs/contract.md, "When things go wrong", played at a receiver that keeps the
 * contract: a write whose answer came too late, a version that arrives late, and 500s for a while
 * (ten minutes at a sixtieth of their length).
 */
import { setTimeout as wait } from 'node:timers/promises';
import { until } from '../support/poll.ts';
import { type Accepted, Tubepost } from '../support/tubepost.ts';
import type { Checks } from '../support/checks.ts';
import { isSuccess, type Mood, Receiver, type Request } from './receiver.ts';

const WITHIN_MS = 60_000;
const TIMEOUT_MS = 1_000;
const OUTAGE_MS = 10_000;
/** 10 s, 30 s, 2 min, 10 min, 1 h at a sixtieth, and a second at least. */
const RETRY = { scheduleSeconds: [1, 1, 2, 10, 60], windowSeconds: 1_440 };
const CRM = '/crm';
const SEARCH = '/search';
const EVENTS = 4;

/**
 * What a receiver that keeps the contract stores: each id once, and never an older version over a
 * newer one.
 */
class Books {
  readonly writes: string[] = [];
  readonly versions = new Map<string, number>();

  take({ event, record, version }: Request): void {
    if (this.writes.includes(event)) return;
    this.writes.push(event);
    const known = this.versions.get(record ?? '') ?? 0;
    if (record !== null && version !== null && version > known) this.versions.set(record, version);
  }
}

export async function tellTrouble(at: { url: string; key: string }, checks: Checks): Promise<void> {
  console.log('\nWhen things go wrong');
  const books = new Books();
  const trouble = { isSlow: false, isDown: false };
  const receiver = new Receiver(
    new Map<string, Mood>([
      [
        CRM,
        (request) => {
          if (trouble.isDown) return { status: 500 };
          books.take(request);
          return trouble.isSlow && request.attempt === 1 ? 'hang' : { status: 200 };
        },
      ],
      [SEARCH, () => ({ status: 200 })],
    ]),
  );
  const url = await receiver.listen();
  try {
    const api = new Tubepost({ ...at, account: `trouble-${Date.now().toString(36)}` });
    await api.createAccount();
    for (const [path, ordering] of [
      [CRM, 'ordered'],
      [SEARCH, 'latest'],
    ] as const) {
      const settings = { description: path.slice(1), ordering, timeoutMs: TIMEOUT_MS, retry: RETRY };
      receiver.setSecret(path, (await api.createEndpoint({ url: url + path, ...settings })).secret);
    }

    trouble.isSlow = true;
    await lateAnswer(api, receiver, books, checks);
    trouble.isSlow = false;
    await lateVersion(api, receiver, books, checks);
    trouble.isDown = true;
    setTimeout(() => (trouble.isDown = false), OUTAGE_MS);
    await outage(api, receiver, checks);
    checks.check('every request of these was signed', receiver.requests.length, receiver.faults());
  } finally {
    await receiver.close();
  }
}

async function lateAnswer(api: Tubepost, receiver: Receiver, books: Books, checks: Checks): Promise<void> {
  const { id, deliveries } = await api.publish(change('late-answer', 'plan/late', 1));
  const delivery = await ended(api, deliveries[0]);
  const requests = receiver.of(CRM).filter(({ event }) => event === id);
  const kinds = delivery.attemptLog.map(({ error, statusCode }) => error?.kind ?? statusCode);
  const same = new Set(requests.map(({ bodyHash }) => bodyHash)).size === 1;
  console.log(`  a write whose answer came too late: ${kinds.join(', then ')}; "${delivery.note}"`);
  checks.check('what timed out after its write comes again with the same id and bytes, and is written once', 2, [
    ...(requests.length === 2 && same ? [] : [`${requests.length} requests, same bytes: ${same}`]),
    ...(books.writes.filter((event) => event === id).length === 1 ? [] : [`written: ${books.writes.join(', ')}`]),
    ...(kinds.join() === 'timeout,200' ? [] : [`the log says ${kinds.join()}`]),
  ]);
}

async function lateVersion(api: Tubepost, receiver: Receiver, books: Books, checks: Checks): Promise<void> {
  const record = 'plan/versions';
  const third = await api.publish(change('version-3', record, 3));
  const [crm, search] = [await ended(api, third.deliveries[0]), await ended(api, third.deliveries[1])];
  const second = await api.publish(change('version-2', record, 2));
  const [crmLate, searchLate] = [await ended(api, second.deliveries[0]), await ended(api, second.deliveries[1])];
  const versions = (path: string) =>
    receiver
      .of(path)
      .filter((one) => one.record === record)
      .map(({ version }) => version)
      .join();
  console.log(
    `  version 3 before version 2: crm got ${versions(CRM)}; search got ${versions(SEARCH)}, "${searchLate.note}"`,
  );
  checks.check('a version that comes late reaches an ordered endpoint, and its guard keeps the newer one', 2, [
    ...(versions(CRM) === '3,2' && crm.status + crmLate.status === 'delivereddelivered'
      ? []
      : [`crm ${versions(CRM)}`]),
    ...(books.versions.get(record) === 3 ? [] : [`the books say ${books.versions.get(record)}`]),
  ]);
  checks.check('it is not sent to a latest endpoint, and says what took its place', 2, [
    ...(versions(SEARCH) === '3' && search.status === 'delivered' ? [] : [`search got ${versions(SEARCH)}`]),
    ...(searchLate.status === 'superseded' && searchLate.supersededBy === search.id
      ? []
      : [JSON.stringify(searchLate)]),
  ]);
}

async function outage(api: Tubepost, receiver: Receiver, checks: Checks): Promise<void> {
  const record = 'plan/outage';
  const accepted: Accepted[] = [];
  for (let i = 1; i <= EVENTS; i += 1) accepted.push(await api.publish(change(`outage-${i}`, record, i)));
  await wait(TIMEOUT_MS);
  const during = await api.record(record);
  const head = await api.delivery(accepted[0]?.deliveries[0]?.id ?? '');
  for (const one of accepted) await ended(api, one.deliveries[0]);
  const requests = receiver.of(CRM).filter((one) => one.record === record);
  const order = requests.filter(isSuccess).map(({ sequence }) => sequence);
  const failed = requests.length - order.length;
  console.log(
    `  500s for ${OUTAGE_MS / 1_000} s: ${failed} requests failed; meanwhile the first one says "${head.note}" and the newest "${during.note}"`,
  );
  checks.check('after 500s for a while all of a record arrives, in order', EVENTS, [
    ...(order.join() === '1,2,3,4' ? [] : [`arrived: ${order.join()}`]),
    ...(failed > 0 && head.status === 'retrying' ? [] : [`${failed} failed; the first was ${head.status}`]),
  ]);
}

function change(id: string, record: string, version: number) {
  return { id, type: 'subscription.updated', record, version, data: { version } };
}

function ended(api: Tubepost, delivery: Accepted['deliveries'][number] | undefined) {
  if (delivery === undefined) throw new Error('an endpoint has no delivery');
  return until(`${delivery.id} has ended`, WITHIN_MS, async () => {
    const found = await api.delivery(delivery.id);
    return ['delivered', 'superseded'].includes(found.status) ? found : null;
  });
}
