/** One job: how far it is, what it left out and why, and the buttons that stop it. */
import { ofAnswer, type Schemas } from '../../client/client.ts';
import type { Done, Page, Visit } from '../page.ts';
import * as to from '../paths.ts';
import { Copyable, Facts } from '../ui/facts.tsx';
import { ActionButton } from '../ui/form.tsx';
import { Progress } from '../ui/progress.tsx';
import { DataTable } from '../ui/table.tsx';
import { When } from '../ui/when.tsx';
import { JobBadge } from './jobs.tsx';

type Job = Schemas['Job'];
/** Of these a person may stop the work: what follows a removal must end. */
const STOPPABLE: readonly Job['kind'][] = ['replay', 'discard', 'broadcast'];

export const jobPage: Page = {
  path: '/jobs/:job',
  area: 'staff',
  actions: {
    pause: async (visit) => done(visit, ofAnswer(await visit.api.call('pauseJob', input(visit))), 'Paused.'),
    resume: async (visit) => done(visit, ofAnswer(await visit.api.call('resumeJob', input(visit))), 'Resumed.'),
    cancel: async (visit) =>
      done(visit, ofAnswer(await visit.api.call('cancelJob', input(visit))), 'Cancelled. What was sent stays sent.'),
  },
  async show(visit) {
    const { api, params } = visit;
    const job = ofAnswer(await api.call('getJob', { path: { job: params['job'] ?? '' } }));
    return {
      title: `${job.kind} job`,
      nav: to.jobs(),
      trail: [{ href: to.jobs(), text: 'Jobs' }],
      ...(job.endedAt === null ? { refreshSeconds: 2 } : {}),
      body: (
        <>
          <div class="head">
            <h1>{job.kind}</h1>
            <JobBadge of={job.status} />
          </div>
          <p class="lead" id="sentence">
            {job.note}
          </p>
          <Progress of={job.progress} />
          <Buttons visit={visit} job={job} />
          <Facts
            of={[
              ['Job', <Copyable text={job.id} />],
              ['Account', job.account === null ? null : <a href={to.account(job.account)}>{job.account}</a>],
              [
                'Endpoint',
                job.endpoint === null || job.account === null ? null : (
                  <a href={to.endpoint(job.account, job.endpoint)}>{job.endpoint}</a>
                ),
              ],
              ['Started by', job.by],
              ['Why', job.reason],
              ['Pace', job.kind === 'replay' ? `${job.pacePerSecond} a second` : null],
              ['Started', <When at={job.createdAt} />],
              ['Ended', job.endedAt === null ? null : <When at={job.endedAt} />],
            ]}
          />
          <Counts title="What it waits for" column="Waits for" of={job.waitingFor} />
          <Counts title="What it left out" column="Why" of={job.skippedBy} />
          <Items title="Failures" job={job} of={job.failures} />
          <Items title="Some of what it left out" job={job} of={job.skips} />
          <h2>History</h2>
          <DataTable
            caption="History of the job"
            columns={['What', 'By', 'When', 'Why']}
            rows={job.history.map(({ action, by, at, reason }) => [action, by, <When at={at} />, reason ?? ''])}
          />
        </>
      ),
    };
  },
};

function Buttons({ visit, job }: { visit: Visit; job: Job }) {
  if (job.endedAt !== null || !STOPPABLE.includes(job.kind) || !visit.caller.scopes.includes('replay')) return null;
  return (
    <div class="buttons">
      {job.status === 'paused' ? (
        <ActionButton visit={visit} action="resume" look="main">
          Resume
        </ActionButton>
      ) : (
        <ActionButton visit={visit} action="pause">
          Pause
        </ActionButton>
      )}
      <ActionButton visit={visit} action="cancel" look="danger" confirm="Cancel this job? What was sent stays sent.">
        Cancel
      </ActionButton>
    </div>
  );
}

function Counts({ title, column, of }: { title: string; column: string; of: Record<string, number> }) {
  const rows = Object.entries(of).map(([name, n]) => [name, n.toLocaleString('en')]);
  if (rows.length === 0) return null;
  return (
    <>
      <h2>{title}</h2>
      <DataTable caption={title} columns={[column, 'Deliveries']} rows={rows} />
    </>
  );
}

type ItemsOf = { title: string; job: Job; of: Job['failures'] };

function Items({ title, job: { account }, of }: ItemsOf) {
  if (of.length === 0) return null;
  const rows = of.map(({ item, reason }) => [
    account !== null && item.startsWith('dlv_') ? <a href={to.delivery(account, item)}>{item}</a> : item,
    reason,
  ]);
  return (
    <>
      <h2>{title}</h2>
      <DataTable caption={title} columns={['What', 'Why']} rows={rows} />
    </>
  );
}

function input({ params }: Visit) {
  return { path: { job: params['job'] ?? '' }, body: {} };
}

function done(visit: Visit, job: Job, note: string): Done {
  return { note: `${note} ${job.note}`, to: visit.here };
}
