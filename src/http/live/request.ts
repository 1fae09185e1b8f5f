/**
 * What the Worker says of a viewer to the object that takes it, and what that refuses. Both are
 * ours: nothing here is a client's.
 */
import { z } from 'zod';
import type { ViewerFacts } from '../../core/live.ts';
import type { Full } from './viewers.ts';

const HEADER = 'tubepost-viewer';

const asked = z.object({
  facts: z.object({
    records: z.array(z.string()),
    key: z.string().nullable(),
    endsAtMs: z.number(),
    endReason: z.enum(['token-ended', 'renew']),
    accountCreatedAtMs: z.number(),
    isRecordToken: z.boolean(),
  }),
  /** It named our protocol, and is answered with it. */
  protocol: z.boolean(),
  isStream: z.boolean(),
});
export type Asked = { facts: ViewerFacts; protocol: boolean; isStream: boolean };

export function toRequest(viewer: Asked): Request {
  const headers = new Headers({ [HEADER]: encodeURIComponent(JSON.stringify(viewer)) });
  if (!viewer.isStream) headers.set('upgrade', 'websocket');
  return new Request('https://live/', { headers });
}

export function requestOf(request: Request): Asked {
  return asked.parse(JSON.parse(decodeURIComponent(request.headers.get(HEADER) ?? '')));
}

const full = z.object({
  of: z.enum(['record', 'account', 'key', 'records', 'streams']),
  most: z.number(),
  record: z.string().optional(),
});

const FULL = 429;

export function refusalOf(reason: Full): Response {
  return Response.json(reason, { status: FULL });
}

/** Null: it was taken. */
export async function fullOf(response: Response): Promise<z.output<typeof full> | null> {
  return response.status === FULL ? full.parse(await response.json()) : null;
}
