/** One event type: what it says, its example and schemas, and what changed between two of them. */
import { ofAnswer, type Schemas } from '../../client/client.ts';
import type { Page } from '../page.ts';
import * as to from '../paths.ts';
import { Copyable, Facts } from '../ui/facts.tsx';
import { ProblemNotice } from '../ui/problem.tsx';
import { Badge } from '../ui/status.tsx';
import { DataTable } from '../ui/table.tsx';
import { span, When } from '../ui/when.tsx';

export const eventTypePage: Page = {
  path: '/event-types/:type',
  area: 'staff',
  async show({ api, params, query, here }) {
    const name = params['type'] ?? '';
    const type = ofAnswer(await api.call('getEventType', { path: { type: name } }));
    const [from, until] = [query.get('from') ?? '', query.get('to') ?? ''];
    const diff =
      from === '' || until === ''
        ? null
        : await api.call('diffSchemaVersions', { path: { type: name, from, to: until } });
    return {
      title: name,
      nav: to.eventTypes(),
      trail: [{ href: to.eventTypes(), text: 'Event types' }],
      body: (
        <>
          <div class="head">
            <h1>{name}</h1>
            {type.archived ? <Badge tone="off">archived</Badge> : null}
            {type.strict ? <Badge tone="busy">strict</Badge> : null}
          </div>
          <p class="lead">{type.description === '' ? 'Not described.' : type.description}</p>
          <Facts
            of={[
              ['Schema in use', type.dataVersion],
              ['Retried for', type.retryWindowSeconds === null ? null : span(type.retryWindowSeconds * 1_000)],
              ['Expires after', type.expireAfterSeconds === null ? null : span(type.expireAfterSeconds * 1_000)],
              ['Superseded together with', type.latestGroup],
              ['Only the newest is sent', type.latestOnly ? 'yes' : null],
              ['Changed', <When at={type.updatedAt} />],
            ]}
          />
          {type.example === null ? null : (
            <>
              <h2>Example</h2>
              <Copyable text={JSON.stringify(type.example, null, 2)} isBlock />
            </>
          )}
          {type.schema === null ? null : (
            <>
              <h2>Schema</h2>
              <Copyable text={JSON.stringify(type.schema, null, 2)} isBlock />
            </>
          )}
          <Versions of={type.versions} from={from} until={until} path={here.split('?')[0] ?? ''} />
          {diff === null ? null : diff.ok ? <Diff of={diff.data} /> : <ProblemNotice problem={diff.problem} />}
        </>
      ),
    };
  },
};

type VersionsOf = { of: readonly Schemas['EventTypeVersion'][]; from: string; until: string; path: string };

function Versions({ of: versions, from, until, path }: VersionsOf) {
  if (versions.length === 0) return null;
  const choices = (chosen: string) =>
    versions.map(({ version }) => (
      <option value={version} selected={version === chosen}>
        {version}
      </option>
    ));
  return (
    <>
      <h2>Versions</h2>
      <DataTable
        caption="Versions of the schema"
        columns={['Version', 'Created', 'Changed']}
        rows={versions.map(({ version, createdAt, updatedAt }) => [
          version,
          <When at={createdAt} />,
          <When at={updatedAt} />,
        ])}
      />
      {versions.length < 2 ? null : (
        <form class="filters" method="get" action={path} aria-label="Compare two versions">
          <div>
            <label for="diff-from">From</label>
            <select id="diff-from" name="from">
              {choices(from)}
            </select>
          </div>
          <div>
            <label for="diff-to">To</label>
            <select id="diff-to" name="to">
              {choices(until)}
            </select>
          </div>
          <div class="buttons">
            <button type="submit">Compare</button>
          </div>
        </form>
      )}
    </>
  );
}

function Diff({ of: { from, to: until, breaks, changes } }: { of: Schemas['SchemaDiff'] }) {
  return (
    <>
      <div class="head">
        <h2>
          From {from} to {until}
        </h2>
        {breaks ? <Badge tone="bad">breaks readers</Badge> : <Badge tone="good">safe for readers</Badge>}
      </div>
      <DataTable
        caption="Changes of the schema"
        columns={['Where', 'Change', 'For readers']}
        rows={changes.map(({ pointer, message, breaks: isBreaking }) => [
          <code>{pointer === '' ? '/' : pointer}</code>,
          message,
          isBreaking ? <Badge tone="bad">breaks</Badge> : 'safe',
        ])}
      />
    </>
  );
}
