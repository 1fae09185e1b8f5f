/**
 * What the owner of a receiver can do about a delivery that did not arrive. By what was answered,
 * else by what went wrong.
 */
import type { Schemas } from '../client/client.ts';

type Failed = { statusCode: number | null; error: Schemas['AttemptError'] };
type Kind = NonNullable<Schemas['AttemptError']>['kind'];

const BY_CODE: Readonly<Record<number, string>> = {
  400: 'Your receiver calls the request malformed: look in its log at what it could not read.',
  401: 'Your receiver refuses the signature: it has another secret than this endpoint, or verifies changed bytes. Verify the body as it arrived, before it is parsed.',
  403: 'Your receiver, or a firewall before it, refuses the sender.',
  404: 'There is nothing at this address: check the path of the endpoint.',
  405: 'The address takes no POST.',
  410: 'Your receiver says that it is gone for good, so the endpoint was disabled. Enable it when it is back.',
  413: 'Your receiver takes smaller bodies only: raise its limit to 256 KiB.',
  415: 'Your receiver takes no application/json.',
  422: 'Your receiver understood the event and refuses it: look in its log at why.',
  429: 'Your receiver asks for fewer requests. Deliveries wait as long as it asks.',
};

const BY_KIND: Readonly<Record<Kind, string>> = {
  timeout:
    'Your receiver did not answer in time. Answer 2xx as soon as the event is stored, and do the work afterwards.',
  dns: 'The name of the address is not known: check the domain and its records.',
  connect: 'Nothing listens at the address, or a firewall closes the connection.',
  tls: 'The certificate of the address is not valid: it ended, is self-signed, or is for another name.',
  reset: 'The connection broke before an answer came: look for a crash or a limit of the proxy.',
  'refused-address': 'The address leads into a network that is not public. Only public addresses are sent to.',
  redirect: 'The address answers with a redirect, which is not followed. Set the address that it leads to.',
  'http-4xx': 'Your receiver refused the event. It is not sent again by itself: mend the receiver, then replay.',
  'http-5xx': 'Your receiver failed. It is tried again with growing pauses; look in its log at what broke.',
  lost: 'Whether it arrived is not known; it is sent again. Your receiver sees the same webhook-id twice at most.',
  'not-sent': 'The fault is ours: nothing was sent, and it is sent once the fault is mended.',
};

/** Null where nothing went wrong. */
export function adviceOn({ statusCode, error }: Failed): string | null {
  if (error === null) return null;
  return (statusCode === null ? undefined : BY_CODE[statusCode]) ?? BY_KIND[error.kind];
}
