/**
 * `npm run test:alerts`: the rules of alerts, each opened and resolved by real traffic on the
 * running service, and told to a real receiver. Ends with 0 only if all of it was right;
 * docs/alerts.md says which rules are shown elsewhere.
 */
import { run } from '../support/program.ts';
import { judge } from './judge.ts';
import { Receiver } from './receiver.ts';
import { OPS, SECONDS, tellStory } from './story.ts';

const receiver = new Receiver();

await run({
  name: 'alerts',
  close: () => receiver.close(),
  work: async ({ checks, start }) => {
    const host = await receiver.listen();
    const { url, key } = await start({
      ALERT_ACCOUNT: OPS,
      ALERT_SECONDS: `${SECONDS.window},${SECONDS.quiet},${SECONDS.day}`,
      CRON_SECONDS: '1',
    });
    judge(await tellStory({ url, key }, receiver, host), receiver, checks);
  },
});
