/** The answer of the box: led on to the one hit, or the hits, or what may be looked for. */
import type { Page } from '../page.ts';
import * as to from '../paths.ts';
import { search } from '../search.ts';
import { FindBox } from '../ui/find-box.tsx';
import { Empty } from '../ui/notice.tsx';

export const findPage: Page = {
  path: '/find',
  area: 'staff',
  async show(visit) {
    const text = (visit.query.get('q') ?? '').trim();
    if (text === '') return to.home();
    const { hits, isComplete } = await search(visit, text);
    const [only] = hits;
    if (only !== undefined && hits.length === 1) return only.href;
    return {
      title: `Find ${text}`,
      hasFindBox: hits.length === 0,
      status: hits.length === 0 ? 404 : 200,
      body:
        hits.length === 0 ? (
          <>
            <h1>Nothing found</h1>
            <Empty title={`Nothing here is called “${text}”.`}>
              <ul>
                <li>Ids are looked up whole: copy all of it.</li>
                <li>A record is found by its key or how that begins: subscription/sub_81, or subscription/.</li>
                <li>The log knows an event some seconds after it was published.</li>
                <li>What is older than the account's retention is gone.</li>
                {visit.caller.account === null ? null : (
                  <li>This session sees the account {visit.caller.account} only.</li>
                )}
              </ul>
            </Empty>
            <FindBox value={text} isLarge />
          </>
        ) : (
          <>
            <h1>{hits.length} found</h1>
            <ul class="hits">
              {hits.map(({ kind, title, detail, href }) => (
                <li>
                  <a href={href}>
                    <span class="kind">{kind}</span> <strong>{title}</strong>
                  </a>
                  <span class="dim">{detail}</span>
                </li>
              ))}
            </ul>
            {isComplete ? null : <p class="dim">There may be more: write more of it, or use the lists.</p>}
          </>
        ),
    };
  },
};
