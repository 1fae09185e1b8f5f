/** What the operating system says of a group of processes (Linux: /proc), and of the machine. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';

/** `sysconf(_SC_CLK_TCK)`, 100 on every Linux that we run on. */
const TICKS_PER_SECOND = 100;
const KIB_PER_MIB = 1_024;

export type Memory = { allMiB: number; byProgram: Record<string, number> };

/** User and system time, with that of children that have ended and been waited for. */
export function cpuSecondsOf(group: number): number {
  return membersOf(group).reduce((sum, pid) => sum + (statOf(pid)?.cpuSeconds ?? 0), 0);
}

/** Proportional set size: pages that several processes share are counted once in all. */
export function memoryOf(group: number): Memory {
  const byProgram: Record<string, number> = {};
  for (const pid of membersOf(group)) {
    const program = programOf(pid);
    byProgram[program] = (byProgram[program] ?? 0) + pssMiBOf(pid);
  }
  return { allMiB: Object.values(byProgram).reduce((sum, mib) => sum + mib, 0), byProgram };
}

/** Seconds that all processors of the machine have worked since it started. */
export function machineCpuSeconds(): number {
  const [, user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = readFileSync('/proc/stat', 'utf8')
    .split('\n', 1)
    .flatMap((line) => line.split(/\s+/).map(Number));
  return (user + nice + system + irq + softirq) / TICKS_PER_SECOND;
}

/** The group of this process and of the programs that it forked. */
export function ownGroup(): number {
  return statOf(process.pid)?.group ?? process.pid;
}

function membersOf(group: number): number[] {
  const pids = readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []));
  return pids.filter((pid) => statOf(pid)?.group === group);
}

/** Null where the process has just ended. */
function statOf(pid: number): { group: number; cpuSeconds: number } | null {
  const text = read(`/proc/${pid}/stat`);
  // The program's name stands in parentheses and may hold anything; what follows the last one are
  // numbers.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  if (text === '') return null;
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  return { group: Number(fields[2]), cpuSeconds: ticks / TICKS_PER_SECOND };
}

function pssMiBOf(pid: number): number {
  return Number(/^Pss:\s+(\d+)/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1] ?? '0') / KIB_PER_MIB;
}

function programOf(pid: number): string {
  try {
    return basename(readlinkSync(`/proc/${pid}/exe`));
  } catch {
    // It has just ended.
    return 'ended';
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // The process has just ended.
    return '';
  }
}
