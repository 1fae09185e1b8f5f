/**
 * What each receiver lives through, from the service and from strangers, and what must be so after
 * each scene. One record, whose version only grows: `subscription/sub_81`.
 */
import type { Checks } from '../support/checks.ts';
import { until } from '../support/poll.ts';
import { isBeingWritten } from './books.ts';
import { keyOf, post, STRANGERS_KEY } from './requests.ts';
import { publicKeyOf, RECORD, SERIAL, type Stage } from './stage.ts';

const WITHIN_MS = 30_000;
const LARGE_BYTES = 256 * 1024;
const TOO_LARGE_BYTES = 2 * 1024 * 1024;

type Play = { stage: Stage; check: (what: string, faults: string[], of?: number) => void };

export async function play(stage: Stage, checks: Checks): Promise<void> {
  const check: Play['check'] = (what, faults, of = 1) => checks.check(`${stage.name}: ${what}`, of, faults);
  const scene = { stage, check };
  await waitingEvent(scene);
  await duplicates(scene);
  await lateEvent(scene);
  await replayed(scene);
  await strangers(scene);
  await large(scene);
  await failingWork(scene);
  await killedBeforeItsAnswer(scene);
  if (stage.file !== null) await killedInItsWork(scene, stage.file);
  await byEd25519Alone(scene);
}

/** It is published while nobody listens. */
async function waitingEvent({ stage, check }: Play): Promise<void> {
  const { running, door, books } = stage;
  const id = await stage.publish(17);
  await until(`${id} was tried`, WITHIN_MS, () => door.of(id)[0] ?? null);
  await running.start([stage.secret, stage.ownSecret]);
  await door.delivered(id);
  check('the event that waited for it arrives and is handled once', await runs(stage, id, 1));
  const kept = await books.record(RECORD);
  check('it keeps the version, and the digits of 9007199254740993', [
    ...(kept?.version === 17 ? [] : [`it holds version ${kept?.version}`]),
    ...(kept?.event.includes(`"serial":${SERIAL}`) === true ? [] : [`it holds ${kept?.event}`]),
  ]);
}

async function duplicates({ stage, check }: Play): Promise<void> {
  const { door, running } = stage;
  door.loseNextAnswer();
  const lost = await stage.publish(18);
  await door.delivered(lost);
  const sent = door.of(lost).length;
  check('the same event again, as its answer was lost, is answered 2xx and not handled again', [
    ...(sent >= 2 ? [] : [`it was sent ${sent} times`]),
    ...(await runs(stage, lost, 1)),
  ]);
  const id = `${stage.name}-twice`;
  const key = keyOf(stage.ownSecret);
  const body = JSON.stringify({ id, type: 'order.changed', record: 'order/twice', version: 1, data: {} });
  const answers = await Promise.all([post(running.url, key, { id, body }), post(running.url, key, { id, body })]);
  // One that is told to come again does.
  if (answers.some((status) => status === 425 || status === 503)) await post(running.url, key, { id, body });
  const wrong = answers.filter((status) => ![200, 204, 425, 503].includes(Number(status)));
  check('two copies at once are handled once', [
    ...wrong.map((status) => `one was answered ${status}`),
    ...(await runs(stage, id, 1)),
  ]);
}

/** Published after version 18. */
async function lateEvent({ stage, check }: Play): Promise<void> {
  const id = await stage.publish(16);
  await stage.door.delivered(id);
  const kept = await stage.books.record(RECORD);
  check('an older version that comes late is answered 2xx, and overwrites nothing', [
    ...(kept?.version === 18 && kept.event.includes('plan 18') ? [] : [`it holds ${JSON.stringify(kept)}`]),
    ...(await runs(stage, id, 0)),
  ]);
}

async function replayed({ stage, check }: Play): Promise<void> {
  const { door } = stage;
  const id = `${stage.name}-18`;
  const replay = await stage.replay(id);
  const found = await until('the replay arrives', WITHIN_MS, () => {
    const one = door.of(id).find(({ headers }) => headers['webhook-replay'] === replay);
    return one !== undefined && one.status !== null ? one : null;
  });
  check('a replay is answered 2xx and not handled again', [
    ...(found.status !== null && found.status < 300 ? [] : [`it was answered ${found.status}`]),
    ...(await runs(stage, id, 1)),
  ]);
}

/** Each must be refused so that the service, or a stranger, knows why: and never by a 5xx. */
async function strangers({ stage, check }: Play): Promise<void> {
  const { running, books } = stage;
  const key = keyOf(stage.ownSecret);
  const recorded = stage.door.passed.at(-1);
  const headers = Object.fromEntries(Object.entries(recorded?.headers ?? {}).map(([k, v]) => [k, String(v)]));
  const taken = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) => [name, headers[name] ?? '']);
  const changed = (recorded?.body ?? '').replace('plan 18', 'plan 99');
  const refused = (what: string, allowed: readonly number[], draft: Parameters<typeof post>[2]) => async () => {
    const status = await post(running.url, key, draft);
    return typeof status === 'number' && allowed.includes(status) ? [] : [`${what}: ${status}`];
  };
  const before = await books.runs();
  const forged = [
    refused('a stranger’s signature', [401], { keys: [STRANGERS_KEY] }),
    refused('a body that was changed', [401], { headers: Object.fromEntries(taken), body: changed }),
    refused('a signature under another id', [401], { headers: { 'webhook-id': 'evt_other' } }),
    refused('a signature that is none', [401], { headers: { 'webhook-signature': 'v1,none' } }),
    refused('an Ed25519 signature of a key that it does not have', [401], { keys: [stage.ownPair] }),
  ];
  check('forged requests are refused with 401', await all(forged), forged.length);
  const stale = [
    refused('signed ten minutes ago', [401], { shiftSeconds: -600 }),
    refused('signed ten minutes ahead', [401], { shiftSeconds: 600 }),
  ];
  check('requests from long ago, and from the future, are refused with 401', await all(stale), stale.length);
  const garbage = [
    refused('no headers', [400], {
      headers: { 'webhook-id': '', 'webhook-timestamp': '', 'webhook-signature': '' },
    }),
    refused('a time that is none', [400, 401], { headers: { 'webhook-timestamp': 'soon' } }),
    refused('signed, and no JSON', [400], { body: 'plan=pro' }),
    refused('signed, and no object', [400], { body: '[]' }),
    refused('signed, and without a type', [400], { body: '{"data":{}}' }),
    refused('signed, and empty', [400], { body: '' }),
  ];
  check('garbage is refused with 400', await all(garbage), garbage.length);
  const after = await books.runs();
  check('and none of that was handled', after === before ? [] : [`${after - before} were`]);
}

async function large({ stage, check }: Play): Promise<void> {
  const id = await stage.publish(19, { data: JSON.stringify('x'.repeat(LARGE_BYTES - 2)) });
  await stage.door.delivered(id);
  check('an event of 256 KiB is handled', await runs(stage, id, 1));
  const status = await post(stage.running.url, keyOf(stage.ownSecret), { body: 'x'.repeat(TOO_LARGE_BYTES) });
  check('2 MiB are not read', status === 413 || status === 'broken' ? [] : [`answered ${status}`]);
}

async function failingWork({ stage, check }: Play): Promise<void> {
  const { books, door } = stage;
  await books.failWork();
  const id = await stage.publish(20);
  const first = await until(`${id} fails`, WITHIN_MS, () => door.of(id).find(({ status }) => status !== null) ?? null);
  const kept = await books.record(RECORD);
  await books.mendWork();
  check('work that fails is answered 5xx, and leaves nothing behind', [
    ...((first.status ?? 0) >= 500 ? [] : [`answered ${first.status}`]),
    ...(kept?.version === 19 ? [] : [`it holds version ${kept?.version}`]),
  ]);
  await door.delivered(id);
  check('and is done when it comes again', await runs(stage, id, 1));
}

/** From here on it has the public key alone: what arrives is verified as v1a, by hand. */
function laterSecrets({ pair, ownSecret, ownPair }: Stage): string[] {
  return [publicKeyOf(pair), ownSecret, publicKeyOf(ownPair)];
}

async function killedBeforeItsAnswer({ stage, check }: Play): Promise<void> {
  const { door, running } = stage;
  door.loseNextAnswer(() => running.kill());
  const id = await stage.publish(21);
  await until(`${id} was committed`, WITHIN_MS, () => door.of(id).find(({ isLost }) => isLost) ?? null);
  await running.start(laterSecrets(stage));
  await door.delivered(id);
  check('kill -9 between its work and its answer: nothing is lost, nothing is done twice', await runs(stage, id, 1));
}

async function killedInItsWork({ stage, check }: Play, file: string): Promise<void> {
  const { books, door, running } = stage;
  await books.stallWork();
  const id = await stage.publish(22);
  await until(`${id} is in its transaction`, WITHIN_MS, () => (isBeingWritten(file) ? true : null));
  await running.kill();
  const before = await books.runsOf(id);
  await books.resumeWork();
  await running.start(laterSecrets(stage));
  await door.delivered(id);
  check('kill -9 in the middle of its work: nothing of it is kept, and it is done once', [
    ...(before === 0 ? [] : [`${before} were kept`]),
    ...(await runs(stage, id, 1)),
  ]);
}

async function byEd25519Alone({ stage, check }: Play): Promise<void> {
  const id = await stage.publish(23);
  await stage.door.delivered(id);
  const kept = await stage.books.record(RECORD);
  check('an event is verified by its Ed25519 signature alone', [
    ...(kept?.version === 23 ? [] : [`it holds version ${kept?.version}`]),
    ...(await runs(stage, id, 1)),
  ]);
  const own = (draft: Parameters<typeof post>[2]) => post(stage.running.url, keyOf(stage.ownSecret), draft);
  const answers = [
    await own({ keys: [keyOf(stage.secret)] }),
    await own({ keys: [stage.ownPair], shiftSeconds: -600 }),
    await own({ keys: [stage.ownPair], headers: { 'webhook-signature': 'v1a,none' } }),
    await own({ keys: [stage.ownPair], headers: { 'webhook-id': 'evt_other' } }),
  ];
  check(
    'the secret that was taken out, and forged and old Ed25519 signatures, are refused with 401',
    answers.filter((status) => status !== 401).map((status) => `answered ${status}`),
    answers.length,
  );
}

async function runs({ books }: Stage, event: string, wanted: number): Promise<string[]> {
  const count = await books.runsOf(event);
  return count === wanted ? [] : [`${event} was handled ${count} times`];
}

async function all(asked: readonly (() => Promise<string[]>)[]): Promise<string[]> {
  const faults: string[] = [];
  for (const one of asked) faults.push(...(await one()));
  return faults;
}
