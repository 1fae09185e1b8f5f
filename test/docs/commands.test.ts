/**
 * The papers' commands: each is run by something here, or listed with the reason why it is not;
 * none names what is not there.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { experimental_getWranglerCommands as wranglerCommands } from 'wrangler';
import { z } from 'zod';
import { createProgram } from '../../src/tools/cli/program.ts';
import { blocksOf, NOT_RUN, papers, read, RUNNERS, runnerOf } from '../papers/blocks.ts';

const ROOT = join(import.meta.dirname, '../..');
const blocks = papers().flatMap(blocksOf);
const listed = (block: (typeof blocks)[number]) =>
  NOT_RUN.filter(({ paper, begins }) => paper === block.paper && block.code.startsWith(begins));

describe('a block that a reader may run', () => {
  it('is run by something here, or listed with the reason why it is not', () => {
    const unknown = blocks.filter((block) => runnerOf(block) === undefined && listed(block).length === 0);
    expect(unknown.map(({ paper, language, code }) => `${paper}, ${language}: ${code.split('\n')[0]}`)).toEqual([]);
    expect(blocks.length).toBeGreaterThan(50);
  });

  it('is not listed as one that is not run where it is run, or is gone', () => {
    const stale = NOT_RUN.filter((one) => {
      const found = blocks.filter((block) => listed(block).includes(one));
      return found.length !== 1 || found.some((block) => runnerOf(block) !== undefined);
    });
    expect(stale).toEqual([]);
  });

  it('has a runner that reads its page', () => {
    for (const [paper, runners] of Object.entries(RUNNERS)) {
      for (const { file } of runners) {
        const isThere = existsSync(join(ROOT, file));
        const text = isThere ? readFileSync(join(ROOT, file), 'utf8') : '';
        expect([paper, file, text.includes(paper.replace('docs/', '')) || text.includes('RUNNERS')]).toEqual([
          paper,
          file,
          true,
        ]);
      }
    }
  });
});

/** What stands in code, in blocks and in prose. */
const code = papers().flatMap((paper) => [
  ...[...read(paper).matchAll(/`([^`\n]+)`/g)].map(([, text = '']) => ({ paper, text })),
  ...blocksOf(paper).flatMap((block) => block.code.split('\n').map((text) => ({ paper, text }))),
]);
/** A command begins its code, or follows what begins another. */
const commandsOf = (name: string) =>
  code.flatMap(({ paper, text }) => {
    const [, rest] = new RegExp(`(?:^|&& |\\| |\\$\\()\\s*(?:npx )?${name} ([^|&;#)]*)`).exec(text) ?? [];
    return rest === undefined ? [] : [{ paper, command: rest.trim() }];
  });

function faultsOf(commands: { paper: string; command: string }[], faultOf: (command: string) => string | null) {
  return commands.map(({ paper, command }) => [paper, faultOf(command)]).filter(([, fault]) => fault !== null);
}

describe('wrangler', () => {
  type Node = { definition?: { type: string; args?: Record<string, unknown> }; subtree: Map<string, Node> };
  const { registry, globalFlags } = z
    .object({ registry: z.custom<Node>(), globalFlags: z.record(z.string(), z.unknown()) })
    .parse(wranglerCommands());

  function faultOf(command: string): string | null {
    const words = command.split(/\s+/);
    let node = registry;
    while (words[0] !== undefined) {
      const next = node.subtree.get(words[0]);
      if (next === undefined) break;
      node = next;
      words.shift();
    }
    if (node.definition?.type !== 'command') return `has no command ${command}`;
    const flags = new Set([...Object.keys(node.definition.args ?? {}), ...Object.keys(globalFlags), 'local', 'remote']);
    const unknown = words.flatMap((word) => /^--([\w-]+)/.exec(word)?.[1] ?? []).filter((flag) => !flags.has(flag));
    return unknown.length === 0 ? null : `${command} has no --${unknown.join(', --')}`;
  }

  it('has every command that the papers name, with its options', () => {
    const commands = commandsOf('wrangler');
    expect(commands.length).toBeGreaterThan(8);
    expect(faultsOf(commands, faultOf)).toEqual([]);
    expect(faultOf('d1 time-travel undo CONFIG')).not.toBeNull();
    expect(faultOf('d1 time-travel info CONFIG --at=now')).not.toBeNull();
  });
});

describe('tubepost', () => {
  const io = {
    out: () => undefined,
    err: () => undefined,
    columns: () => 100,
  } as unknown as Parameters<typeof createProgram>[0];
  const program = createProgram(io, () => () => Promise.resolve());

  function faultOf(command: string): string | null {
    const words = command.split(/\s+/);
    const known = new Set(['--help', '-h']);
    const learn = (of: Command) =>
      of.options.forEach(({ long, short }) => [long, short].forEach((one) => one && known.add(one)));
    let node: Command = program;
    learn(node);
    while (words[0] !== undefined) {
      const next = node.commands.find((one) => one.name() === words[0] || one.aliases().includes(words[0] ?? ''));
      if (next === undefined) break;
      node = next;
      learn(node);
      words.shift();
    }
    if (node === program && /^[a-z]/.test(words[0] ?? '')) return `has no command ${command}`;
    const unknown = words
      .flatMap((word) => /^(--?[a-z][\w-]*)/.exec(word)?.[1] ?? [])
      .filter((flag) => !known.has(flag));
    return unknown.length === 0 ? null : `${command} has no ${unknown.join(', ')}`;
  }

  it('has every command that the papers name, with its options', () => {
    const commands = [...commandsOf('tubepost'), ...commandsOf('npm run tubepost --')];
    expect(commands.length).toBeGreaterThan(30);
    expect(faultsOf(commands, faultOf)).toEqual([]);
    expect(faultOf('explode')).not.toBeNull();
    expect(faultOf('tail --forever')).not.toBeNull();
  });
});

it('what docs/operate.md names of objects is in the types of Cloudflare', () => {
  const types = read('node_modules/@cloudflare/workers-types/index.d.ts');
  const named = read('docs/operate.md').match(/\b\w+Bookmark\w*(?=\()/g) ?? [];
  expect(named.length).toBeGreaterThan(1);
  expect(named.filter((name) => !types.includes(`  ${name}(`))).toEqual([]);
});
