/** Long work: replays, discards, broadcasts, sweeps and removals, newest first. */
import type { Schemas } from '../../client/client.ts';
import { type Field, fieldsFor, filtersOf, listOfAll } from '../filters.ts';
import type { Page } from '../page.ts';
import * as to from '../paths.ts';
import { Filters, Pager } from '../ui/filters.tsx';
import { Empty } from '../ui/notice.tsx';
import { ProblemNotice } from '../ui/problem.tsx';
import { Progress } from '../ui/progress.tsx';
import { Badge } from '../ui/status.tsx';
import { DataTable } from '../ui/table.tsx';
import { When } from '../ui/when.tsx';

const FIELDS: readonly Field[] = [
  { name: 'account', label: 'Account', kind: 'text' },
  {
    name: 'kind',
    label: 'Kind',
    kind: 'choice',
    options: ['replay', 'discard', 'broadcast', 'sweep', 'account-removal'],
  },
  { name: 'status', label: 'Status', kind: 'choice', options: ['running', 'paused', 'finished', 'cancelled'] },
];

type Status = Schemas['Job']['status'];
const TONES: Record<Status, 'busy' | 'warn' | 'good' | 'off'> = {
  running: 'busy',
  paused: 'warn',
  finished: 'good',
  cancelled: 'off',
};

export function JobBadge({ of }: { of: Status }) {
  return <Badge tone={TONES[of]}>{of}</Badge>;
}

const REFRESH_SECONDS = 5;

export const jobsPage: Page = {
  path: '/jobs',
  area: 'staff',
  async show(visit) {
    const { api, caller, query } = visit;
    const fields = fieldsFor(caller, FIELDS);
    const bound = caller.account === null ? {} : { account: caller.account };
    const answer = await listOfAll(api, 'listJobs', { ...filtersOf(query, fields), ...bound });
    const isRunning = answer.ok && answer.data.data.some(({ status }) => status === 'running');
    return {
      title: 'Jobs',
      nav: to.jobs(),
      ...(isRunning ? { refreshSeconds: REFRESH_SECONDS } : {}),
      body: (
        <>
          <h1>Jobs</h1>
          <Filters visit={visit} fields={fields} />
          {!answer.ok ? (
            <ProblemNotice problem={answer.problem} />
          ) : answer.data.data.length === 0 ? (
            <Empty title="No job matches.">
              <p>
                A replay or discard of many dead letters is a job, as is what follows when an account is removed. Start
                one from <a href={to.deadLetters()}>the dead letters</a>.
              </p>
            </Empty>
          ) : (
            <DataTable
              caption="Jobs, newest first"
              columns={['Status', 'Job', 'Account', 'Progress', 'By', 'Started']}
              rows={answer.data.data.map(({ id, kind, status, account, progress, by, reason, createdAt }) => [
                <JobBadge of={status} />,
                <>
                  <a href={to.job(id)}>{kind}</a>
                  {reason === null ? null : <div class="dim">{reason}</div>}
                </>,
                account,
                <Progress of={progress} />,
                by,
                <When at={createdAt} as="ago" />,
              ])}
            />
          )}
          {answer.ok ? <Pager visit={visit} next={answer.data.next} /> : null}
        </>
      ),
    };
  },
};
