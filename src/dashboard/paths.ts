/**
 * The address of every page, so that links are written once. Parts are encoded here and nowhere
 * else.
 */

const part = encodeURIComponent;

export const STAFF = '/app';
export const CUSTOMER = '/portal';

export const home = () => STAFF;
export const find = (text: string) => `${STAFF}/find?q=${part(text)}`;
export const account = (id: string) => `${STAFF}/accounts/${part(id)}`;
export const record = (of: string, key: string) => `${account(of)}/records/${part(key)}`;
/** `key` tells which, where several records have an event of this id. */
export const event = (of: string, id: string, key?: string | null) =>
  `${account(of)}/events/${part(id)}${key === undefined || key === null ? '' : `?record=${part(key)}`}`;
export const delivery = (of: string, id: string) => `${account(of)}/deliveries/${part(id)}`;
export const endpoint = (of: string, id: string) => `${account(of)}/endpoints/${part(id)}`;
export const deliveries = (query: Record<string, string> = {}) => withQuery(`${STAFF}/deliveries`, query);
export const deadLetters = (query: Record<string, string> = {}) => withQuery(`${STAFF}/dead-letters`, query);
export const accounts = () => `${STAFF}/accounts`;
export const jobs = () => `${STAFF}/jobs`;
export const alerts = () => `${STAFF}/alerts`;
export const eventTypes = () => `${STAFF}/event-types`;
export const eventType = (name: string) => `${eventTypes()}/${part(name)}`;
export const keys = () => `${STAFF}/keys`;
export const audit = (query: Record<string, string> = {}) => withQuery(`${STAFF}/audit`, query);
export const job = (id: string) => `${STAFF}/jobs/${part(id)}`;
export const alert = (id: string) => `${STAFF}/alerts/${part(id)}`;

export const portal = () => CUSTOMER;
/** The token stands behind the "#", which browsers send to nobody. */
export const portalLink = (origin: string, path: string, token: string) => `${origin}${path}#${token}`;
export const portalEndpoint = (id: string) => `${CUSTOMER}/endpoints/${part(id)}`;
export const portalDeliveries = (query: Record<string, string> = {}) => withQuery(`${CUSTOMER}/deliveries`, query);
export const portalDelivery = (id: string) => `${CUSTOMER}/deliveries/${part(id)}`;
export const portalEventTypes = () => `${CUSTOMER}/event-types`;
export const portalRecord = (key: string) => `${CUSTOMER}/records/${part(key)}`;

/**
 * `to`, if it is a page below `area`; else the area's first. Otherwise a link could lead anywhere.
 */
export function placeBelow(area: string, to: string | undefined): string {
  if (to === undefined || !to.startsWith(area)) return area;
  const base = 'https://tubepost.invalid';
  const url = URL.parse(to, base);
  if (url === null || url.origin !== base) return area;
  return url.pathname === area || url.pathname.startsWith(`${area}/`) ? url.pathname + url.search : area;
}

function withQuery(path: string, query: Record<string, string>): string {
  const text = new URLSearchParams(query).toString();
  return text === '' ? path : `${path}?${text}`;
}
