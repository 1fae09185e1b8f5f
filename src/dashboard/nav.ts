/**
 * The navigation at the top of every page, of staff and of customers. A page that is a way in adds
 * a line.
 */
import type { Caller } from './page.ts';
import * as to from './paths.ts';

export type Entry = { href: string; text: string };
/** `needs`: `operator`, a session that is bound to no account. */
type StaffEntry = Entry & { needs: 'operator' | 'any' };

const STAFF_NAV: readonly StaffEntry[] = [
  { href: to.home(), text: 'Overview', needs: 'any' },
  { href: to.deliveries(), text: 'Deliveries', needs: 'any' },
  { href: to.deadLetters(), text: 'Dead letters', needs: 'any' },
  { href: to.alerts(), text: 'Alerts', needs: 'any' },
  { href: to.jobs(), text: 'Jobs', needs: 'any' },
  { href: to.accounts(), text: 'Accounts', needs: 'operator' },
  { href: to.eventTypes(), text: 'Event types', needs: 'any' },
  { href: to.keys(), text: 'Keys', needs: 'operator' },
  { href: to.audit(), text: 'Audit', needs: 'any' },
];

export function navFor(caller: Caller): readonly Entry[] {
  return STAFF_NAV.filter(({ needs }) => needs === 'any' || caller.account === null);
}

const CUSTOMER_NAV: readonly Entry[] = [
  { href: to.portal(), text: 'Endpoints' },
  { href: to.portalDeliveries(), text: 'Deliveries' },
  { href: to.portalEventTypes(), text: 'Event types' },
];

/** Who was shown one record has nowhere else to go. */
export function navForCustomer(caller: Caller): readonly Entry[] {
  return caller.record === null ? CUSTOMER_NAV : [];
}
