/** Every page. The order is that of the router: a fixed name before a parameter in its place. */
import type { Page } from './page.ts';
import { customerHomePage } from './pages/customer-home.tsx';
import { customerRecordPage } from './pages/customer-record.tsx';
import { deliveryPage } from './pages/delivery.tsx';
import { eventPage } from './pages/event.tsx';
import { findPage } from './pages/find.tsx';
import { homePage } from './pages/home.tsx';
import { recordPage } from './pages/record.tsx';

export const PAGES: readonly Page[] = [
  homePage,
  findPage,
  recordPage,
  eventPage,
  deliveryPage,
  customerHomePage,
  customerRecordPage,
];
