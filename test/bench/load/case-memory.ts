/**
 * Memory (PSS) of all processes: idle, over events that each have a record of their own, and after
 * a restart on what they left.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { type Bench, type Case, ms, ratio, watched, withSubject } from './bench.ts';
import { run } from './load.ts';
import { memoryOf, type Memory } from './processes.ts';
import type { Subject } from './subject.ts';

const IDLE_AFTER_MS = 10_000;
const PARTS = 10;

export const memoryCase: Case = {
  name: 'memory',
  title: 'memory over events of new records, one endpoint',
  run: async (bench) => {
    const raw = [];
    for (const subject of bench.subjects) raw.push(await measure(bench, subject));
    const reference = raw.at(-1)?.parts.at(-1)?.allMiB;
    return {
      head: [
        'build',
        'idle',
        'events',
        'after each tenth, MiB',
        'at the end ÷ last build',
        '10 s after',
        'restart, until ready',
        'after the restart',
      ],
      rows: raw.map(({ subject, idle, parts, after, restartMs, restarted, arrived }) => [
        subject,
        shown(idle),
        arrived,
        parts.map(({ allMiB }) => Math.round(allMiB)).join(' '),
        ratio(parts.at(-1)?.allMiB ?? NaN, reference),
        shown(after),
        ms(restartMs),
        shown(restarted),
      ]),
      raw,
    };
  },
};

function measure(bench: Bench, subject: Subject) {
  return withSubject(bench, subject, async (running) => {
    const memory = () => memoryOf(running.service.group);
    await wait(IDLE_AFTER_MS);
    const idle = memory();
    const [path = ''] = watched(1, 0);
    const target = await running.target('memory', [bench.receiver.origin + path]);
    const seconds = bench.events / PARTS / bench.eventsPerSecond;
    const parts: Memory[] = [];
    let arrived = 0;
    for (let part = 0; part < PARTS; part += 1) {
      const phases = [{ ratePerSecond: bench.eventsPerSecond, seconds }];
      const load = { targets: [target], fanOut: 1, phases, prefix: `part-${part}` };
      arrived += (await run(running, bench.receiver, load)).arrived;
      parts.push(memory());
      bench.say(`${subject.name}: ${arrived} events, ${shown(memory())}`);
    }
    await wait(IDLE_AFTER_MS);
    const after = memory();
    const restartMs = await running.restart();
    return { subject: subject.name, idle, parts, after, restartMs, restarted: memory(), arrived };
  });
}

function shown({ allMiB, byProgram }: Memory): string {
  const each = Object.entries(byProgram).map(([program, mib]) => `${program} ${Math.round(mib)}`);
  return `${Math.round(allMiB)} MiB (${each.join(', ')})`;
}
