/** The customer's first page: my endpoints, and what fails at them now. */
import { ofAnswer, type Schemas } from '../../client/client.ts';
import { adviceOn } from '../advice.ts';
import { type KnownEndpoint, nameOf, typesOf } from '../endpoints.ts';
import type { Page } from '../page.ts';
import * as to from '../paths.ts';
import { Empty } from '../ui/notice.tsx';
import { EndpointBadge } from '../ui/status.tsx';
import { DataTable } from '../ui/table.tsx';
import { When } from '../ui/when.tsx';

export const customerHomePage: Page = {
  path: '',
  area: 'customer',
  async show({ api, caller }) {
    if (caller.record !== null) return to.portalRecord(caller.record);
    const account = caller.account ?? '';
    const [listed, overview] = await Promise.all([
      api.call('listEndpoints', { path: { account }, query: { limit: 200 } }),
      api.call('getOverview', { path: { account } }),
    ]);
    const { data } = ofAnswer(listed);
    const known = new Map(data.map((endpoint) => [endpoint.id, endpoint]));
    return {
      title: 'Your endpoints',
      nav: to.portal(),
      refreshSeconds: 15,
      body: (
        <>
          <h1>Your endpoints</h1>
          {overview.ok ? <Failures of={overview.data.failures} known={known} /> : null}
          {data.length === 0 ? (
            <Empty title="You have no endpoint yet.">
              <p>An endpoint is an address of yours that events are sent to. Ask whoever sent you this link for one.</p>
            </Empty>
          ) : (
            <DataTable
              caption="Your endpoints"
              columns={['Status', 'Endpoint', 'Address', 'Event types']}
              rows={data.map((endpoint) => [
                <EndpointBadge of={endpoint.status} />,
                <a href={to.portalEndpoint(endpoint.id)}>{nameOf(endpoint, endpoint.id)}</a>,
                endpoint.url,
                typesOf(endpoint),
              ])}
            />
          )}
        </>
      ),
    };
  },
};

type FailuresOf = { of: readonly Schemas['FailureGroup'][]; known: ReadonlyMap<string, KnownEndpoint> };

/** Each with what to do: the reader owns the receiver. */
function Failures({ of, known }: FailuresOf) {
  if (of.length === 0) return null;
  return (
    <>
      <h2>Failing now</h2>
      <ul class="answers">
        {of.map(({ endpoint, statusCode, error, count, lastAt }) => (
          <li>
            <h3>
              <a href={to.portalEndpoint(endpoint)}>{nameOf(known.get(endpoint), endpoint)}</a>
            </h3>
            <p class="sentence">
              {count.toLocaleString('en')} {count === 1 ? 'attempt' : 'attempts'} failed in the last 15 minutes:{' '}
              {statusCode === null ? error : `answered ${statusCode}`}, the last <When at={lastAt} as="ago" />.
            </p>
            <p>{adviceOn({ statusCode, error: { kind: error, message: '' } })}</p>
          </li>
        ))}
      </ul>
      <h2>All of them</h2>
    </>
  );
}
