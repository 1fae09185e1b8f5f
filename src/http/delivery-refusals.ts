/** Why a Shard did not replay or discard a delivery, as problems. */
import { rfc3339 } from '../core/body.ts';
import { FULL_RETRY_AFTER_SECONDS, SHARD_BYTES_MAX } from '../core/limits.ts';
import type { DiscardRefusal, ReplayRefusal } from '../core/rpc.ts';
import { Problem } from './problem.ts';

export function replayRefused(id: string, refusal: ReplayRefusal): Problem {
  const members = { reason: refusal.reason };
  switch (refusal.reason) {
    case 'not-found':
      return new Problem('not-found', `there is no delivery "${id}" in this account`);
    case 'still-open':
      return new Problem('replay-refused', `${refusal.delivery} has not ended yet`, {
        members: { ...members, delivery: refusal.delivery },
      });
    case 'older-version': {
      const detail = `version ${refusal.version} is older than version ${refusal.attempted}, which the endpoint was sent; "force": true sends it anyway`;
      return new Problem('replay-refused', detail, { members });
    }
    case 'overtaken': {
      const detail = `the endpoint wants only the latest and was sent ${refusal.by} since; "force": true sends it anyway`;
      return new Problem('replay-refused', detail, { members: { ...members, by: refusal.by } });
    }
    case 'already-replayed':
      return new Problem('replay-refused', `the replay ${refusal.delivery} of it has arrived`, { members });
    case 'status-changed':
      return new Problem('replay-refused', `it is ${refusal.status} by now`, { members });
    case 'not-missing':
      return new Problem('replay-refused', `the endpoint has ${refusal.delivery} of this event`, { members });
    case 'not-subscribed':
    case 'filtered':
      return new Problem('replay-refused', 'the endpoint does not want this event', { members });
    case 'endpoint-removed':
      return new Problem('replay-refused', 'the endpoint was removed', { members });
    case 'endpoint-disabled': {
      const why = refusal.statusReason === null ? '' : ` (${refusal.statusReason})`;
      return new Problem('replay-refused', `the endpoint is disabled${why}; enable it first`, { members });
    }
    case 'payload-erased': {
      const erasedAt = rfc3339(refusal.erasedAtMs);
      const detail = `the payload was erased at ${erasedAt}; nothing is left to send`;
      return new Problem('payload-erased', detail, { members: { ...members, erasedAt } });
    }
    case 'payload-expired': {
      const payloadExpiredAt = rfc3339(refusal.expiredAtMs);
      const detail = `the payload was kept as long as the account's retention says, until ${payloadExpiredAt}; nothing is left to send`;
      return new Problem('payload-expired', detail, { members: { ...members, payloadExpiredAt } });
    }
    case 'full':
      return new Problem('record-full', `the record holds ${refusal.open} open deliveries, which is its most`, {
        headers: { 'retry-after': String(FULL_RETRY_AFTER_SECONDS) },
      });
    case 'storage-full': {
      const detail = `the record holds ${refusal.bytes} bytes, and takes nothing new from ${SHARD_BYTES_MAX} on, no replay either`;
      return new Problem('record-storage-full', detail);
    }
  }
}

export function discardRefused(id: string, refusal: DiscardRefusal): Problem {
  const members = { reason: refusal.reason };
  switch (refusal.reason) {
    case 'not-found':
      return new Problem('not-found', `there is no delivery "${id}" in this account`);
    case 'already-ended':
      return new Problem('discard-refused', `the delivery has already ended as ${refusal.status}`, { members });
    case 'in-flight':
      return new Problem('discard-refused', 'an attempt is under way; try again when it has ended', {
        members,
        headers: { 'retry-after': '1' },
      });
  }
}
