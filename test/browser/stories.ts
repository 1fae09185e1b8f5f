/** Every story, in the order in which they are played. */
import type { Story } from './stage.ts';
import { customer } from './stories/customer.ts';
import { customerLink } from './stories/customer-link.ts';
import { operator } from './stories/operator.ts';
import { outage } from './stories/outage.ts';
import { tenSeconds } from './stories/ten-seconds.ts';

export const STORIES: readonly Story[] = [tenSeconds, customerLink, customer, outage, operator];
