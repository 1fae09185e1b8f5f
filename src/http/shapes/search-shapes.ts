/** What a search answers. */
import { z } from '@hono/zod-openapi';
import { HIT_TYPES } from '../search/kinds.ts';
import { flag, openEnum, text } from './shared-shapes.ts';

const hitShape = z
  .strictObject({
    type: openEnum([...HIT_TYPES], 'What it is'),
    id: text('Its id; of a record, its key'),
    account: text('The account that it belongs to; null: all of them').nullable(),
    name: text('What people call it; null: only by its id').nullable(),
    detail: text('What else distinguishes it from others; null: nothing').nullable(),
    path: text('Where this API shows it'),
  })
  .openapi('SearchHit', { description: 'Something that the text may mean' });

export const searchShape = z
  .strictObject({
    data: z.array(hitShape).openapi({ description: 'At most ten of each type' }),
    isComplete: flag('Whether that is all; false: there may be more, of which the lists have filters'),
  })
  .openapi('SearchHits');
