/**
 * `npm run demo`: publishes real payloads to a service of its own, whose receivers fail, hang and
 * recover, tells what happened, and ends with 0 only if all of it was right.
 *
 *   --url http://… --key …   use a running service instead (an account of its own is made there)
 *   --keep                   keep the state folder
 *   --stay                   instead: a page with the five states of a record, until Ctrl+C
 */
import { parseArgs } from 'node:util';
import { run } from '../support/program.ts';
import { CAST } from './cast.ts';
import { judge } from './judge.ts';
import { checkReadme } from './readme.ts';
import { Receiver } from './receiver.ts';
import { stay } from './stay.ts';
import { tellStory } from './story.ts';
import { tellTrouble } from './trouble.ts';

const { values } = parseArgs({
  options: {
    url: { type: 'string' },
    key: { type: 'string' },
    keep: { type: 'boolean', default: false },
    stay: { type: 'boolean', default: false },
  },
});
if (values.stay) await stay();
const receiver = new Receiver(new Map(CAST.map(({ path, mood }) => [path, mood])));

await run({
  name: 'demo',
  isKept: values.keep,
  faults: () => receiver.faults(),
  work: async ({ checks, start }) => {
    const at = values.url === undefined ? await start() : { url: values.url, key: values.key ?? '' };
    const told = await tellStory(at, receiver);
    await judge(told, checks);
    await tellTrouble(at, checks);
    await checkReadme(at, checks);
  },
});
