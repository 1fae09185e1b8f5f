/** Every story, in the order in which they are played: the first finds an empty service. */
import type { Story } from './stage.ts';
import { attacks } from './stories/attacks.ts';
import { customer } from './stories/customer.ts';
import { customerLink } from './stories/customer-link.ts';
import { firstVisit } from './stories/first-visit.ts';
import { operator } from './stories/operator.ts';
import { outage } from './stories/outage.ts';
import { tenSeconds } from './stories/ten-seconds.ts';

export const STORIES: readonly Story[] = [firstVisit, tenSeconds, customerLink, customer, outage, operator, attacks];
