/** The tools, in the order in which they are listed. */
import { endpointHealth } from './tools/endpoint-health.ts';
import { explainDelivery } from './tools/explain-delivery.ts';
import { findEvent } from './tools/find-event.ts';
import { listFailures } from './tools/list-failures.ts';
import { recordStatus } from './tools/record-status.ts';
import { replay } from './tools/replay.ts';
import { sendTest } from './tools/send-test.ts';
import { verifySignatureHelp } from './tools/verify-signature-help.ts';
import { whyNotSent } from './tools/why-not-sent.ts';
import type { Tool } from './tool.ts';

export const TOOLS: readonly Tool[] = [
  findEvent,
  recordStatus,
  explainDelivery,
  listFailures,
  endpointHealth,
  whyNotSent,
  sendTest,
  replay,
  verifySignatureHelp,
];
