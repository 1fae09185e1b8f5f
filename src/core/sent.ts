/**
 * What a request had that its event and attempt do not say: with them, every header of it can be
 * written again (delivery/headers.ts).
 */
export type Sent = {
  url: string;
  /** `webhook-timestamp`, in seconds: an attempt that was lost and found has another time. */
  timestamp: number;
  signature: string;
  /** `webhook-previous`; null: `none`. */
  previous: number | null;
  /** Names of the endpoint's own headers. Their values are secrets, and are kept nowhere else. */
  own: string[];
  /** The header, where the request had it. */
  traceparent?: string | undefined;
};

/** As it is stored with every attempt: short. */
export type PackedSent = [
  url: string,
  timestamp: number,
  signature: string,
  previous: number | null,
  own: string[],
  traceparent?: string | undefined,
];

export function packSent({ url, timestamp, signature, previous, own, traceparent }: Sent): PackedSent {
  const always = [url, timestamp, signature, previous, own] as const;
  return traceparent === undefined ? [...always] : [...always, traceparent];
}

export function unpackSent([url, timestamp, signature, previous, own, traceparent]: PackedSent): Sent {
  return { url, timestamp, signature, previous, own, ...(traceparent === undefined ? {} : { traceparent }) };
}
