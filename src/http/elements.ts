/**
 * L3: the script of `<tubepost-status>`, under a name that stays and under one that changes with
 * its content. Public.
 */
import type { Api } from './api.ts';
import { STATUS_ELEMENT } from './elements.generated.ts';
import { Problem } from './problem.ts';

const STAYS = 'status.js';
/** A release changes what the name that stays means, and is seen after this. */
const CACHED = 'public, max-age=300';
const CACHED_FOR_GOOD = 'public, max-age=31536000, immutable';

export function addElements(api: Api): void {
  api.app.get('/elements/:name', (c) => {
    const name = c.req.param('name');
    if (name !== STAYS && name !== STATUS_ELEMENT.name) {
      throw new Problem('not-found', `the script of this release is /elements/${STATUS_ELEMENT.name}`);
    }
    return c.body(STATUS_ELEMENT.text, 200, {
      'content-type': 'text/javascript; charset=utf-8',
      'cache-control': name === STAYS ? CACHED : CACHED_FOR_GOOD,
      'x-content-type-options': 'nosniff',
      // Pages of any origin run it; with it they have nothing yet.
      'access-control-allow-origin': '*',
      'cross-origin-resource-policy': 'cross-origin',
    });
  });
}
