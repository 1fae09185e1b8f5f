/** `tubepost test <endpoint>`: a real signed event to that endpoint alone, now. */
import type { Command } from 'commander';
import { ofAnswer } from '../../client/client.ts';
import type { Act } from './act.ts';
import type { Context } from './connect.ts';
import { endpointId } from './endpoint-names.ts';
import { EXIT, type ExitCode } from './exit.ts';
import { plain, span } from './words.ts';

export function addTest(program: Command, act: Act): void {
  program
    .command('test')
    .summary('send a signed test event to an endpoint')
    .description(
      'Sends a signed tubepost.test event to an endpoint now. Ends with 1 unless it answered 2xx. 5 a minute for an account.',
    )
    .argument('<endpoint>', 'ep_… or its name')
    .action(act((context, endpoint: string) => test(context, endpoint)));
}

async function test(context: Context, named: string): Promise<ExitCode> {
  const { client, print } = context;
  const account = context.account();
  const endpoint = await endpointId(context, account, named);
  const attempt = ofAnswer(await client.call('testEndpoint', { path: { account, endpoint }, body: {} }));
  print.json(attempt);
  const { error, statusCode, latencyMs, responseBody } = attempt;
  if (error === null) print.line(`${print.style('good', `${statusCode}`)} in ${span(latencyMs)}: it takes our events.`);
  else
    print.line(
      `${print.style('bad', String(statusCode ?? error.kind))} in ${span(latencyMs)}: ${plain(error.message, 300)}`,
    );
  if (error !== null && responseBody !== null && responseBody !== '')
    print.line(`It said: ${plain(responseBody, 500)}`);
  return error === null ? EXIT.ok : EXIT.found;
}
