/** Every page. The order is that of the router: a fixed name before a parameter in its place. */
import type { Page } from './page.ts';
import { accountPage } from './pages/account.tsx';
import { accountsPage } from './pages/accounts.tsx';
import { alertPage } from './pages/alert.tsx';
import { alertsPage } from './pages/alerts.tsx';
import { auditPage } from './pages/audit.tsx';
import { deadLettersPage } from './pages/dead-letters.tsx';
import { deliveriesPage } from './pages/deliveries.tsx';
import { endpointPage } from './pages/endpoint.tsx';
import { eventTypePage } from './pages/event-type.tsx';
import { eventTypesPage } from './pages/event-types.tsx';
import { jobPage } from './pages/job.tsx';
import { jobsPage } from './pages/jobs.tsx';
import { keysPage } from './pages/keys.tsx';
import { customerDeliveriesPage } from './pages/customer-deliveries.tsx';
import { customerDeliveryPage } from './pages/customer-delivery.tsx';
import { customerEndpointPage } from './pages/customer-endpoint.tsx';
import { customerEventTypesPage } from './pages/customer-event-types.tsx';
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
  deliveriesPage,
  deadLettersPage,
  alertsPage,
  alertPage,
  jobsPage,
  jobPage,
  accountsPage,
  accountPage,
  endpointPage,
  eventTypesPage,
  eventTypePage,
  keysPage,
  auditPage,
  customerHomePage,
  customerEndpointPage,
  customerDeliveriesPage,
  customerDeliveryPage,
  customerEventTypesPage,
  customerRecordPage,
];
