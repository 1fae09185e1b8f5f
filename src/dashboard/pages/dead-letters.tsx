/**
 * What was given up on: how much of it each endpoint has, the list, and what to do with all that a
 * filter finds. A replay or a discard of many is counted first, and done only after the count was
 * read.
 */
import { ofAnswer, type Schemas } from '../../client/client.ts';
import { endpointsOf, nameOf, type KnownEndpoint } from '../endpoints.ts';
import { type Field, fieldsFor, filtersOf, inScope } from '../filters.ts';
import type { Done, Page, Shown, Visit } from '../page.ts';
import * as to from '../paths.ts';
import { DeliveryTable } from '../ui/delivery-table.tsx';
import { Facts } from '../ui/facts.tsx';
import { given, TextField } from '../ui/field.tsx';
import { Filters, Pager } from '../ui/filters.tsx';
import { ActionForm } from '../ui/form.tsx';
import { Empty } from '../ui/notice.tsx';
import { ProblemNotice } from '../ui/problem.tsx';
import { DataTable } from '../ui/table.tsx';
import { When } from '../ui/when.tsx';

const FIELDS: readonly Field[] = [
  { name: 'account', label: 'Account', kind: 'text' },
  { name: 'endpoint', label: 'Endpoint', kind: 'text', hint: 'ep_…' },
  { name: 'eventType', label: 'Event type', kind: 'text', hint: 'order.*' },
  { name: 'statusCode', label: 'Answer', kind: 'text', hint: '503 or 5xx' },
  { name: 'record', label: 'Record', kind: 'text' },
  { name: 'from', label: 'From (UTC)', kind: 'time' },
  { name: 'to', label: 'To (UTC)', kind: 'time' },
];

export const deadLettersPage: Page = {
  path: '/dead-letters',
  area: 'staff',
  actions: {
    countReplay: (visit) => count(visit, 'replay'),
    countDiscard: (visit) => count(visit, 'discard'),
    replay: (visit, form, once) => start(visit, form, once, 'replay'),
    discard: (visit, form, once) => start(visit, form, once, 'discard'),
  },
  async show(visit) {
    const { api, caller, query } = visit;
    const fields = fieldsFor(caller, FIELDS);
    const { account = caller.account, ...filters } = filtersOf(query, fields);
    const { cursor: _, ...counted } = filters;
    const [answer, depth, endpoints] = await Promise.all([
      inScope(api, account, ['listAllDeadLetters', 'listDeadLetters'], filters),
      inScope(api, account, ['countAllDeadLetters', 'countDeadLetters'], counted),
      account === null ? new Map<string, KnownEndpoint>() : endpointsOf(api, account),
    ]);
    return {
      title: 'Dead letters',
      nav: to.deadLetters(),
      body: (
        <>
          <h1>Dead letters</h1>
          <Filters visit={visit} fields={fields} />
          {!answer.ok ? (
            <ProblemNotice problem={answer.problem} />
          ) : answer.data.data.length === 0 ? (
            <Empty title="Nothing was given up on.">
              <p>A delivery ends here when its retries are used up, or its receiver says that it will never take it.</p>
            </Empty>
          ) : (
            <>
              {depth.ok ? <Depth visit={visit} summary={depth.data} endpoints={endpoints} /> : null}
              <Many visit={visit} account={account} filters={counted} />
              <h2>One by one</h2>
              <DeliveryTable
                caption="Dead letters, newest first"
                deliveries={answer.data.data}
                endpoints={endpoints}
                hasAccounts={account === null}
              />
              <Pager visit={visit} next={answer.data.next} />
            </>
          )}
        </>
      ),
    };
  },
};

type DepthOf = {
  visit: Visit;
  summary: Schemas['DeadLetterSummary'];
  endpoints: ReadonlyMap<string, KnownEndpoint>;
};

function Depth({ summary: { data, total, isComplete }, endpoints }: DepthOf) {
  return (
    <>
      <h2>
        {total.toLocaleString('en')}
        {isComplete ? '' : ' or more'} by endpoint
      </h2>
      <DataTable
        caption="Dead letters by endpoint"
        columns={['Endpoint', 'Account', 'Dead letters', 'Oldest', 'Newest']}
        rows={data.map(({ account, endpoint, count, oldestAt, newestAt }) => [
          <a href={to.deadLetters({ account, endpoint })}>{nameOf(endpoints.get(endpoint), endpoint)}</a>,
          account,
          count.toLocaleString('en'),
          <When at={oldestAt} as="ago" />,
          <When at={newestAt} as="ago" />,
        ])}
      />
    </>
  );
}

/**
 * The API replays and discards for one endpoint at a time: its receiver is what has to be well
 * again.
 */
function Many({ visit, account, filters }: { visit: Visit; account: string | null; filters: Record<string, string> }) {
  if (!visit.caller.scopes.includes('replay')) return null;
  if (account === null || filters['endpoint'] === undefined) {
    return <p class="dim">Choose an endpoint above to replay or discard all of its dead letters.</p>;
  }
  return (
    <div class="buttons">
      <ActionForm visit={visit} action="countReplay">
        <button type="submit" class="main">
          Replay all of these …
        </button>
      </ActionForm>
      <ActionForm visit={visit} action="countDiscard">
        <button type="submit" class="danger">
          Discard all of these …
        </button>
      </ActionForm>
    </div>
  );
}

type Act = 'replay' | 'discard';
const WORDS: Record<Act, { title: string; go: string; told: string }> = {
  replay: {
    title: 'Replay dead letters',
    go: 'Replay',
    told: 'Each is sent again with the bytes and the id of its event, in order for each record, and never over a newer version.',
  },
  discard: {
    title: 'Discard dead letters',
    go: 'Discard',
    told: 'They are marked as discarded and are not sent again, also by a replay that has listed them already.',
  },
};

/** What would be done, and the button that does it. */
async function count(visit: Visit, act: Act): Promise<Done> {
  const counted = await ask(visit, act, { dryRun: true }, '');
  const words = WORDS[act];
  if (!('count' in counted)) throw new Error('a dry run started a job');
  const { account, endpoint } = rangeOf(visit);
  const known = (await endpointsOf(visit.api, account)).get(endpoint);
  const shown: Shown = {
    title: words.title,
    nav: to.deadLetters(),
    trail: [{ href: visit.here, text: 'Dead letters' }],
    body: (
      <>
        <h1>{words.title}</h1>
        <p class="lead">{counted.note}</p>
        <p>{words.told}</p>
        <Facts
          of={[
            ['Deliveries', counted.count.toLocaleString('en')],
            ['Records', counted.records.toLocaleString('en')],
            ['Endpoint', nameOf(known, endpoint)],
            ['Oldest', counted.oldestAt === null ? null : <When at={counted.oldestAt} />],
            ['Newest', counted.newestAt === null ? null : <When at={counted.newestAt} />],
          ]}
        />
        <h2>By event type</h2>
        <DataTable
          caption="Deliveries by event type"
          columns={['Event type', 'Deliveries']}
          rows={Object.entries(counted.byEventType).map(([type, n]) => [type, n.toLocaleString('en')])}
        />
        {counted.count === 0 ? null : (
          <ActionForm visit={visit} action={act} with={{ to: counted.to }}>
            <TextField visit={visit} name="reason" label="Why" hint="Stands in the job and in the audit log." />
            <button type="submit" class={act === 'replay' ? 'main' : 'danger'}>
              {words.go} {counted.count.toLocaleString('en')}
            </button>
          </ActionForm>
        )}
      </>
    ),
  };
  return { show: shown };
}

async function start(visit: Visit, form: URLSearchParams, once: string, act: Act): Promise<Done> {
  const upTo = given(form, 'to');
  const more = { reason: given(form, 'reason'), ...(upTo === null ? {} : { to: upTo }) };
  const job = await ask(visit, act, more, once);
  if (!('id' in job)) throw new Error('a job was not started');
  return { note: `Started. ${job.note}`, to: to.job(job.id) };
}

async function ask({ api, ...visit }: Visit, act: Act, more: object, once: string) {
  const { account, ...range } = rangeOf(visit);
  const body = { ...range, ...more };
  const key = once === '' ? {} : { idempotencyKey: once };
  return act === 'replay'
    ? ofAnswer(await api.call('startReplay', { path: { account }, body, ...key }))
    : ofAnswer(await api.call('discardDeadLetters', { path: { account }, body, ...key }));
}

/** The page's filters as the API's range. */
function rangeOf({ caller, query }: Pick<Visit, 'caller' | 'query'>) {
  const { account = caller.account ?? '', endpoint = '', ...set } = filtersOf(query, fieldsFor(caller, FIELDS));
  return {
    account,
    endpoint,
    ...(set['eventType'] === undefined ? {} : { eventTypes: [set['eventType']] }),
    ...(set['statusCode'] === undefined ? {} : { statusCodes: [set['statusCode']] }),
    ...(set['record'] === undefined ? {} : { records: [set['record']] }),
    ...(set['from'] === undefined ? {} : { from: set['from'] }),
    ...(set['to'] === undefined ? {} : { to: set['to'] }),
  };
}
