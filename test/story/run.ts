/**
 * `npm run test:story`: the support story on the running service, timed. A customer's CRM refuses
 * for an hour (played in seconds, with the alerts' times shortened alike); one query finds what
 * died, one dry run counts it, one replay sends it while live events go on, and the alert opens and
 * resolves. Ends with 0 only if all of it was right; times are told and not judged.
 */
import { Receiver } from '../demo/receiver.ts';
import { run } from '../support/program.ts';
import { judge } from './judge.ts';
import { ALERT_SECONDS, isCrmDown, OPS, tellStory } from './story.ts';
import { tell } from './tell.ts';

const receiver = new Receiver(
  new Map([
    ['/crm', () => ({ status: isCrmDown.now ? 401 : 200 })],
    ['/erp', () => ({ status: 200 })],
    ['/ops', () => ({ status: 200 })],
  ]),
);

await run({
  name: 'story',
  close: () => receiver.close(),
  faults: () => receiver.faults(),
  work: async ({ checks, start }) => {
    const host = await receiver.listen();
    const { url, key } = await start({ ALERT_ACCOUNT: OPS, ALERT_SECONDS, CRON_SECONDS: '1' });
    const told = await tellStory({ origin: url, key }, receiver, host);
    tell(told);
    judge(told, receiver, checks);
  },
});
