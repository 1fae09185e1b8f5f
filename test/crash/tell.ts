/** The counts of the crash test and, of what is wrong, the evidence. */
import { PACED } from './cast.ts';
import { faultsOf, type Told } from './judge.ts';
import { mostInASecond } from '../bench/figures.ts';
import { duplicates } from './judge-requests.ts';

/** The last acknowledgement, the last end of a delivery as far as read, the log whole. */
type Times = { quietMs: number; endedMs: number; loggedMs: number };

const EVIDENCE_SHOWN = 10;

/** Answers how many checks passed and failed. */
export function tell(told: Told, times: Times): { passed: number; failed: number } {
  const { kills, published, seen, exact, log, owner } = told;
  const attempts = log.attempts.length;
  const cut = log.attempts.filter(({ error }) => error?.kind === 'lost').length;
  const replays = [...owner.replays.values()].filter((id) => id !== null).length;
  const starting = kills.filter(({ moment }) => moment === 'starting').length;
  const paced = seen.filter(({ path }) => path === PACED).map(({ atMs }) => atMs);
  line('kills', `${kills.length}, ${starting} of them during start-up`);
  line('acknowledged', `${published.length} events`);
  line('deliveries', `${exact.size}: ${counts([...exact.values()].map(({ status }) => status))}`);
  line('requests', `${seen.length}; ${attempts} attempts in the log, ${cut} of them cut off by a kill`);
  line('owner', `${owner.pauses.length} pauses, ${owner.rotations.length} rotations, ${replays} replays`);
  line(
    'ranges',
    `${told.ranges.length} replays of ranges sent ${told.ranges.flatMap(({ sent }) => sent).length} deliveries`,
  );
  line('duplicates', `${duplicates(seen)} requests for what was done already (allowed)`);
  line('paced', `at most ${mostInASecond(paced)} requests in any second`);
  line('recovery', recovery(told, times));
  const faults = faultsOf(told);
  for (const [what, found] of Object.entries(faults)) {
    line(what, String(found.length));
    for (const fault of found.slice(0, EVIDENCE_SHOWN)) console.log(`    ${fault}`);
  }
  const failed = Object.values(faults).filter((found) => found.length > 0).length;
  return { passed: Object.keys(faults).length - failed, failed };
}

/**
 * How long publishers waited for an acknowledgement after a kill, and deliveries for their end
 * after the load.
 */
function recovery({ kills, published, exact, log }: Told, { quietMs, endedMs, loggedMs }: Times): string {
  const acks = published.map(({ ackedAtMs }) => ackedAtMs).sort((a, b) => a - b);
  const waits = kills.map(({ atMs }) => (acks.find((ms) => ms > atMs) ?? quietMs) - atMs);
  const cut = new Set(log.attempts.filter(({ error }) => error?.kind === 'lost').map(({ delivery }) => delivery));
  const lives = [...exact.values()].flatMap(({ id, acceptedAt, endedAt }) =>
    cut.has(id) && endedAt !== null ? [Date.parse(endedAt) - Date.parse(acceptedAt)] : [],
  );
  return [
    `publishes again at the latest ${seconds(Math.max(0, ...waits))} after a kill`,
    `a delivery that was cut off took at most ${seconds(Math.max(0, ...lives))} in all`,
    `all ended ${seconds(endedMs - quietMs)}, and the log was whole ${seconds(loggedMs - quietMs)} after the load`,
  ].join('; ');
}

function counts(values: string[]): string {
  return [...Map.groupBy(values, (value) => value)].map(([value, all]) => `${all.length} ${value}`).join(', ');
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}

function line(what: string, text: string): void {
  console.log(`${what.padEnd(17)} ${text}`);
}
