/** What a customer can have: every event type in use, with its example and schema. */
import { ofAnswer } from '../../client/client.ts';
import type { Page } from '../page.ts';
import * as to from '../paths.ts';
import { Copyable } from '../ui/facts.tsx';
import { Pager } from '../ui/filters.tsx';
import { Empty } from '../ui/notice.tsx';

/** Each is read whole, for its schema. */
const PAGE = 20;

export const customerEventTypesPage: Page = {
  path: '/event-types',
  area: 'customer',
  async show(visit) {
    const { api, query } = visit;
    const cursor = query.get('cursor');
    const page = ofAnswer(
      await api.call('listEventTypes', {
        query: { limit: PAGE, archived: 'false', ...(cursor === null ? {} : { cursor }) },
      }),
    );
    const read = await Promise.all(page.data.map(({ name }) => api.call('getEventType', { path: { type: name } })));
    const types = read.map(ofAnswer);
    return {
      title: 'Event types',
      nav: to.portalEventTypes(),
      body: (
        <>
          <h1>Event types</h1>
          {types.length === 0 ? <Empty title="No event type is described yet." /> : null}
          {types.map(({ name, description, example, schema }) => (
            <section class="type">
              <h2>{name}</h2>
              <p>{description}</p>
              {example === null ? null : (
                <details>
                  <summary>Example of {name}</summary>
                  <Copyable text={JSON.stringify(example, null, 2)} isBlock />
                </details>
              )}
              {schema === null ? null : (
                <details>
                  <summary>Schema of {name}</summary>
                  <Copyable text={JSON.stringify(schema, null, 2)} isBlock />
                </details>
              )}
            </section>
          ))}
          <Pager visit={visit} next={page.next} />
        </>
      ),
    };
  },
};
