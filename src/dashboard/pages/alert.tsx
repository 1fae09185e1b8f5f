/** One alert: what was measured against what, and whether somebody has it. */
import { ofAnswer } from '../../client/client.ts';
import type { Page } from '../page.ts';
import * as to from '../paths.ts';
import { Copyable, Facts } from '../ui/facts.tsx';
import { TextField } from '../ui/field.tsx';
import { ActionForm } from '../ui/form.tsx';
import { When } from '../ui/when.tsx';
import { alertActions, AlertBadge } from './alerts.tsx';

export const alertPage: Page = {
  path: '/alerts/:alert',
  area: 'staff',
  actions: alertActions,
  async show(visit) {
    const { api, caller, params } = visit;
    const alert = ofAnswer(await api.call('getAlert', { path: { alert: params['alert'] ?? '' } }));
    const { account, endpoint, acknowledged } = alert;
    return {
      title: alert.rule,
      nav: to.alerts(),
      trail: [{ href: to.alerts(), text: 'Alerts' }],
      refreshSeconds: 15,
      body: (
        <>
          <div class="head">
            <h1>{alert.rule}</h1>
            <AlertBadge of={alert} />
          </div>
          <p class="lead" id="sentence">
            {alert.detail}
          </p>
          <Facts
            of={[
              ['Measured', `${alert.value.toLocaleString('en')} ${alert.unit}`],
              ['Threshold', `${alert.threshold.toLocaleString('en')} ${alert.unit}`],
              ['Account', account === null ? null : <a href={to.account(account)}>{account}</a>],
              [
                'Endpoint',
                account === null || endpoint === null ? null : <a href={to.endpoint(account, endpoint)}>{endpoint}</a>,
              ],
              ['Opened', <When at={alert.openedAt} />],
              ['Resolved', alert.resolvedAt === null ? null : <When at={alert.resolvedAt} />],
              ['Acknowledged by', acknowledged === null ? null : acknowledged.by],
              ['Note', acknowledged === null ? null : acknowledged.note],
              ['Alert', <Copyable text={alert.id} />],
            ]}
          />
          {alert.status === 'open' && acknowledged === null && caller.scopes.includes('manage') ? (
            <>
              <h2>Acknowledge</h2>
              <ActionForm visit={visit} action="acknowledge" with={{ alert: alert.id }}>
                <TextField visit={visit} name="note" label="Note" hint="What you do about it; others see it here." />
                <button type="submit" class="main">
                  Acknowledge
                </button>
              </ActionForm>
            </>
          ) : null}
        </>
      ),
    };
  },
};
