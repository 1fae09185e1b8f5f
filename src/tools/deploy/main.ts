/**
 * `npm run deploy`: from an empty Cloudflare account to a service that says it is ready, and from
 * one release to the next. Looks at what is there, prints the steps, does what is missing. Ends
 * with 0 when the service is ready, with 1 when a step failed, with 2 when something is wrong
 * before anything was touched. docs/deploy.md describes it.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { askHidden } from './ask.ts';
import { deployWith, type Options, Refused } from './deployment.ts';
import { templateFaults, treeFaults } from './refusals.ts';
import { type Ask, secretFaults } from './secrets.ts';
import { ENVIRONMENTS, readTemplate, wantedOf } from './wanted.ts';
import { NoQueues, WRANGLER, wranglerOf } from './wrangler.ts';

const USAGE = `npm run deploy -- [--env production|staging] [--jurisdiction eu|fedramp] [--url https://hooks.example.com]
                 [--dry-run] [--allow-dirty]

  --env            which deployment; production unless set
  --jurisdiction   where the queues and databases of this deployment store data; that of the first run unless set
  --url            where /health is asked; the workers.dev address unless set
  --dry-run        prints the steps and does none
  --allow-dirty    deploys what is not committed`;

const JURISDICTIONS = ['eu', 'fedramp'];
/** Of the secrets. Not .wrangler/deploy, in which wrangler looks for a configuration of its own. */
const FOLDER = '.deploy';

function optionsOf(args: string[], root: string): Options & { isDirtyAllowed: boolean } {
  const { values } = parseArgs({
    args,
    options: {
      env: { type: 'string', default: 'production' },
      jurisdiction: { type: 'string' },
      url: { type: 'string' },
      'dry-run': { type: 'boolean', default: false },
      'allow-dirty': { type: 'boolean', default: false },
    },
  });
  const environment = ENVIRONMENTS.find((name) => name === values.env);
  if (environment === undefined) throw new Refused(`--env must be ${ENVIRONMENTS.join(' or ')}, not ${values.env}`);
  if (values.jurisdiction !== undefined && !JURISDICTIONS.includes(values.jurisdiction)) {
    throw new Refused(`--jurisdiction must be ${JURISDICTIONS.join(' or ')}, not ${values.jurisdiction}`);
  }
  const url = values.url === undefined ? null : URL.parse(values.url);
  if (values.url !== undefined && !/^https?:$/.test(url?.protocol ?? '')) {
    throw new Refused(`--url must be an address like https://hooks.example.com, not ${values.url}`);
  }
  return {
    wanted: wantedOf(readTemplate(root), environment),
    jurisdiction: values.jurisdiction ?? null,
    url: url?.origin ?? null,
    isDryRun: values['dry-run'],
    isDirtyAllowed: values['allow-dirty'],
  };
}

function askOnTerminal(): Ask {
  if (!process.stdin.isTTY || !process.stdout.isTTY) return null;
  return (question) => askHidden(process.stdin, process.stdout, question);
}

async function main(args: string[]): Promise<void> {
  const root = join(import.meta.dirname, '../../..');
  const options = optionsOf(args, root);
  const { wanted } = options;
  const faults = [
    ...templateFaults(wanted),
    ...secretFaults(wanted.requiredSecrets, process.env),
    ...(options.isDirtyAllowed || options.isDryRun ? [] : treeFaults(root)),
  ];
  if (faults.length > 0) throw new Refused(faults.join('\n'));
  const folder = join(root, FOLDER);
  const command = [process.execPath, '--no-warnings', join(root, WRANGLER)];
  const tool = wranglerOf(command, root, process.env);
  const around = { tool, root, folder, environment: process.env, ask: askOnTerminal(), print: console.log };
  await deployWith(options, around);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  const isUsage = error instanceof Refused || (error instanceof TypeError && 'code' in error);
  const isRefused = isUsage || error instanceof NoQueues;
  console.error(
    isUsage ? `${error.message}\n\n${USAGE}` : `\n${error instanceof Error ? error.message : String(error)}`,
  );
  if (!isRefused)
    console.error('\nWhat was done stays done. Run the same command again: it begins where this one ended.');
  process.exitCode = isRefused ? 2 : 1;
}
