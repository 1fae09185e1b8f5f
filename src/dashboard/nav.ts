/** The navigation: what stands at the top of every page of the staff. A page that is a way in adds a line. */
import type { Caller } from './page.ts';
import * as to from './paths.ts';

/** `needs`: `operator`, a session that is bound to no account. */
type Entry = { href: string; text: string; needs: 'operator' | 'any' };

const ENTRIES: readonly Entry[] = [{ href: to.home(), text: 'Overview', needs: 'any' }];

export function navFor(caller: Caller): readonly Entry[] {
  return ENTRIES.filter(({ needs }) => needs === 'any' || caller.account === null);
}
