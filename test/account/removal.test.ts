/** What an Account still knows once it is removed. */
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { AccountLedger } from '../../src/account/ledger.ts';
import { removalStart } from '../../src/account/jobs.ts';
import { settleSent } from '../../src/account/outbox.ts';
import { beginRemoval, endpointsOfRemoved } from '../../src/account/removal.ts';
import { sqlOf } from '../shard/bench.ts';
import { anEndpoint } from '../support/settings.ts';

test('an endpoint that was removed just before its account is still named while its Gate was not told', () => {
  const sql = sqlOf(new DatabaseSync(':memory:'), { failsNext: false });
  const ledger = new AccountLedger(sql, 'acme');
  ledger.put({}, 'test', 1, 'a'.repeat(12));
  for (const id of ['ep_a', 'ep_b', 'ep_c', 'ep_d']) ledger.createEndpoint(anEndpoint({ id }), 'test', 1);
  ledger.removeEndpoint('ep_b', 'test', 2);
  ledger.removeEndpoint('ep_c', 'test', 2);
  const [told] = sql.exec(`SELECT * FROM outbox WHERE topic = 'gate:ep_c'`).toArray();
  settleSent(sql, { topic: 'gate:ep_c', revision: Number(told?.['revision']), failures: 0 });

  const settings = ledger.settings();
  if (settings === null) throw new Error('the account is there');
  beginRemoval(sql, removalStart(settings, 'test', null), 3);
  expect(endpointsOfRemoved(sql, '', 10)).toEqual(['ep_a', 'ep_b', 'ep_d']);
  expect(endpointsOfRemoved(sql, 'ep_a', 1)).toEqual(['ep_b']);
});
