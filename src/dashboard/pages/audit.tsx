/** Who changed what, and who read which secret. */
import { type Field, fieldsFor, filtersOf, inScope } from '../filters.ts';
import type { Page } from '../page.ts';
import * as to from '../paths.ts';
import { Filters, Pager } from '../ui/filters.tsx';
import { Empty } from '../ui/notice.tsx';
import { ProblemNotice } from '../ui/problem.tsx';
import { DataTable } from '../ui/table.tsx';
import { When } from '../ui/when.tsx';

const FIELDS: readonly Field[] = [
  { name: 'account', label: 'Account', kind: 'text', hint: 'empty: what concerns all' },
  { name: 'action', label: 'Action', kind: 'text', hint: 'endpoint.updated' },
  { name: 'from', label: 'From (UTC)', kind: 'time' },
  { name: 'to', label: 'To (UTC)', kind: 'time' },
];
/** Longer values are cut in the list: the API has them whole. */
const VALUE_CHARS_MAX = 200;

export const auditPage: Page = {
  path: '/audit',
  area: 'staff',
  async show(visit) {
    const { api, caller, query } = visit;
    const fields = fieldsFor(caller, FIELDS);
    const { account = caller.account, ...filters } = filtersOf(query, fields);
    const answer = await inScope(api, account, ['listOperatorAuditEntries', 'listAuditEntries'], filters);
    return {
      title: 'Audit',
      nav: to.audit(),
      body: (
        <>
          <h1>Audit</h1>
          <Filters visit={visit} fields={fields} />
          {!answer.ok ? (
            <ProblemNotice problem={answer.problem} />
          ) : answer.data.data.length === 0 ? (
            <Empty title="No entry matches.">
              <p>Each account has a log of its own: choose it above.</p>
            </Empty>
          ) : (
            <DataTable
              caption="Audit log, newest first"
              columns={['When', 'By', 'What', 'Of', 'Changes']}
              rows={answer.data.data.map(({ at, by, action, target, detail, changes }) => [
                <When at={at} />,
                by,
                action,
                target ?? '',
                <>
                  {detail}
                  {changes.map(({ field, from, to: until }) => (
                    <div>
                      <code>{field}</code> {shown(from)} → {shown(until)}
                    </div>
                  ))}
                </>,
              ])}
            />
          )}
          {answer.ok ? <Pager visit={visit} next={answer.data.next} /> : null}
        </>
      ),
    };
  },
};

function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > VALUE_CHARS_MAX ? `${text.slice(0, VALUE_CHARS_MAX).toWellFormed()}…` : text;
}
