/** Reads of a Record. Those of one that never accepted anything answer null and write nothing. */
import { recordName, type RecordAddress } from '../core/ids.ts';
import type { AppContext } from './context.ts';

export function recordOf(c: AppContext, address: RecordAddress) {
  return c.env.RECORD.getByName(recordName(address));
}
