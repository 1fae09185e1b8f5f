/** `npm run tubepost -- <command>`, and the `tubepost` of package.json's `bin`: see docs/cli.md. */
import { nodeIo } from './io.ts';
import { run } from './program.ts';

process.exitCode = await run(process.argv.slice(2), nodeIo());
