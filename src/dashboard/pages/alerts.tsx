/** What the service has noticed by itself, and who knows of it. */
import { ofAnswer, type Schemas } from '../../client/client.ts';
import { type Field, fieldsFor, filtersOf, inScope } from '../filters.ts';
import type { Page } from '../page.ts';
import * as to from '../paths.ts';
import { given } from '../ui/field.tsx';
import { Filters, Pager } from '../ui/filters.tsx';
import { ActionButton } from '../ui/form.tsx';
import { Empty } from '../ui/notice.tsx';
import { ProblemNotice } from '../ui/problem.tsx';
import { Badge } from '../ui/status.tsx';
import { DataTable } from '../ui/table.tsx';
import { When } from '../ui/when.tsx';

const FIELDS: readonly Field[] = [
  { name: 'status', label: 'Status', kind: 'choice', options: ['open', 'resolved'] },
  { name: 'account', label: 'Account', kind: 'text' },
  { name: 'endpoint', label: 'Endpoint', kind: 'text', hint: 'ep_…' },
];

export function AlertBadge({
  of: { status, acknowledged },
}: {
  of: Pick<Schemas['Alert'], 'status' | 'acknowledged'>;
}) {
  if (status === 'resolved') return <Badge tone="good">resolved</Badge>;
  return acknowledged === null ? <Badge tone="bad">open</Badge> : <Badge tone="warn">acknowledged</Badge>;
}

/** Shared by the list and the page of one. */
export const alertActions: NonNullable<Page['actions']> = {
  async acknowledge({ api }, form) {
    const path = { alert: form.get('alert') ?? '' };
    ofAnswer(await api.call('acknowledgeAlert', { path, body: { note: given(form, 'note') } }));
    return { note: 'Acknowledged. It stays open until its cause is gone.' };
  },
};

export const alertsPage: Page = {
  path: '/alerts',
  area: 'staff',
  actions: alertActions,
  async show(visit) {
    const { api, caller, query } = visit;
    const fields = fieldsFor(caller, FIELDS);
    const { account = caller.account, ...filters } = filtersOf(query, fields);
    const answer = await inScope(api, account, ['listAllAlerts', 'listAlerts'], filters);
    return {
      title: 'Alerts',
      nav: to.alerts(),
      refreshSeconds: 15,
      body: (
        <>
          <h1>Alerts</h1>
          <Filters visit={visit} fields={fields} />
          {!answer.ok ? (
            <ProblemNotice problem={answer.problem} />
          ) : answer.data.data.length === 0 ? (
            <Empty title="No alert matches.">
              <p>Rules look each minute at failures, backlogs, circuits, dead letters and the age of secrets.</p>
            </Empty>
          ) : (
            <DataTable
              caption="Alerts, newest first"
              columns={['Status', 'What', 'Account', 'Since', 'Do']}
              rows={answer.data.data.map((alert) => [
                <AlertBadge of={alert} />,
                <>
                  <a href={to.alert(alert.id)}>{alert.rule}</a>
                  <div>{alert.detail}</div>
                </>,
                alert.account === null ? (
                  <span class="dim">all</span>
                ) : (
                  <a href={to.account(alert.account)}>{alert.account}</a>
                ),
                <When at={alert.openedAt} as="ago" />,
                alert.status === 'open' && alert.acknowledged === null && caller.scopes.includes('manage') ? (
                  <ActionButton
                    visit={visit}
                    action="acknowledge"
                    with={{ alert: alert.id }}
                    label={`Acknowledge ${alert.rule} since ${alert.openedAt}`}
                  >
                    Acknowledge
                  </ActionButton>
                ) : (
                  ''
                ),
              ])}
            />
          )}
          {answer.ok ? <Pager visit={visit} next={answer.data.next} /> : null}
        </>
      ),
    };
  },
};
