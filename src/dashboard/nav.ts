/** The navigation at the top of every page, of staff and of customers. A page that is a way in adds a line. */
import type { Caller } from './page.ts';
import * as to from './paths.ts';

export type Entry = { href: string; text: string };
/** `needs`: `operator`, a session that is bound to no account. */
type StaffEntry = Entry & { needs: 'operator' | 'any' };

const STAFF_NAV: readonly StaffEntry[] = [{ href: to.home(), text: 'Overview', needs: 'any' }];

export function navFor(caller: Caller): readonly Entry[] {
  return STAFF_NAV.filter(({ needs }) => needs === 'any' || caller.account === null);
}

export const CUSTOMER_NAV: readonly Entry[] = [{ href: to.portal(), text: 'Endpoints' }];
