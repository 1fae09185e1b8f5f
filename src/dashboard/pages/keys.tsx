/**
 * API keys: who may do what, and since when nobody has used one. For a session that is bound to no
 * account.
 */
import { ofAnswer, type Schemas } from '../../client/client.ts';
import { onceOf } from '../answers.tsx';
import type { Page } from '../page.ts';
import * as to from '../paths.ts';
import { given, TextField } from '../ui/field.tsx';
import { Pager } from '../ui/filters.tsx';
import { ActionButton, ActionForm } from '../ui/form.tsx';
import { Empty } from '../ui/notice.tsx';
import { NewSecret } from '../ui/secret.tsx';
import { Badge } from '../ui/status.tsx';
import { DataTable } from '../ui/table.tsx';
import { When } from '../ui/when.tsx';

type Scope = Schemas['ApiKey']['scopes'][number];
const SCOPES: readonly { scope: Scope; told: string }[] = [
  { scope: 'publish', told: 'publish events' },
  { scope: 'read', told: 'read status, lists and settings' },
  { scope: 'replay', told: 'replay and discard' },
  { scope: 'manage', told: 'change accounts, endpoints and keys' },
];

export const keysPage: Page = {
  path: '/keys',
  area: 'staff',
  actions: {
    async create({ api }, form, once) {
      const scopes = SCOPES.map(({ scope }) => scope).filter((scope) => form.getAll('scopes').includes(scope));
      const body = { name: given(form, 'name') ?? '', scopes, account: given(form, 'account') };
      const made = ofAnswer(await api.call('createKey', { body, ...onceOf(once) }));
      const told = `It may ${SCOPES.filter(({ scope }) => made.scopes.includes(scope))
        .map((scope) => scope.told)
        .join(', ')}${made.account === null ? '' : `, for ${made.account} only`}.`;
      const back = { href: to.keys(), text: 'To the keys' };
      return {
        show: {
          title: 'A new key',
          nav: to.keys(),
          body: <NewSecret title={`The key ${made.name}`} secret={made.key} back={back} told={told} />,
        },
      };
    },

    async revoke({ api }, form) {
      ofAnswer(await api.call('revokeKey', { path: { key: form.get('key') ?? '' } }));
      return { note: 'Revoked. It stops working everywhere within seconds.' };
    },
  },
  async show(visit) {
    const { api, query } = visit;
    const cursor = query.get('cursor');
    const page = ofAnswer(await api.call('listKeys', { query: cursor === null ? {} : { cursor } }));
    return {
      title: 'Keys',
      nav: to.keys(),
      body: (
        <>
          <h1>Keys</h1>
          {page.data.length === 0 ? (
            <Empty title="There is no key but the operator's.">
              <p>Give each program a key of its own, with no more than it needs.</p>
            </Empty>
          ) : (
            <DataTable
              caption="Keys, newest first"
              columns={['Key', 'May', 'Account', 'Last used', 'Ends', 'Do']}
              rows={page.data.map((key) => [
                <>
                  {key.name} <div class="dim">made by {key.createdBy}</div>
                </>,
                key.scopes.join(', '),
                key.account ?? 'all',
                key.lastUsedAt === null ? 'never' : <When at={key.lastUsedAt} as="ago" />,
                <Ends of={key} />,
                key.revokedAt === null ? (
                  <ActionButton
                    visit={visit}
                    action="revoke"
                    with={{ key: key.id }}
                    look="danger"
                    label={`Revoke ${key.name}`}
                    confirm={`Revoke ${key.name}? Programs that use it stop working.`}
                  >
                    Revoke
                  </ActionButton>
                ) : (
                  ''
                ),
              ])}
            />
          )}
          <Pager visit={visit} next={page.next} />
          <h2>New key</h2>
          <ActionForm visit={visit} action="create">
            <TextField visit={visit} name="name" label="Name" hint="The program that uses it." isRequired />
            <fieldset>
              <legend>It may</legend>
              {SCOPES.map(({ scope, told }) => (
                <label class="choice">
                  <input type="checkbox" name="scopes" value={scope} /> {told} <span class="dim">({scope})</span>
                </label>
              ))}
            </fieldset>
            <TextField visit={visit} name="account" label="Account" hint="Empty: all accounts." />
            <button type="submit" class="main">
              Create
            </button>
          </ActionForm>
        </>
      ),
    };
  },
};

function Ends({ of: { revokedAt, expiresAt } }: { of: Schemas['ApiKey'] }) {
  if (revokedAt !== null) return <Badge tone="off">revoked</Badge>;
  return expiresAt === null ? <>does not end</> : <When at={expiresAt} as="until" />;
}
