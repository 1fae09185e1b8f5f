/**
 * Whether an endpoint may have this URL (E3): asked when it is saved and before each attempt. Pure:
 * it parses, it never resolves or dials. What it cannot see: a public name that resolves to a
 * private address (Cloudflare refuses those), and a second name for the service that SERVICE_HOSTS
 * does not list.
 */
import { URL_BYTES_MAX } from '../core/limits.ts';
import { shown, utf8Bytes } from '../core/text.ts';
import { type AddressClass, forbiddenAddress, isAddress, isLoopback } from './forbidden-addresses.ts';

export type UrlRule =
  | 'url-length'
  | 'url-syntax'
  | 'url-scheme'
  | 'url-credentials'
  | 'url-fragment'
  | 'service-host'
  | 'local-name'
  | 'metadata-name'
  | `${AddressClass}-address`;

export type UrlPolicy = {
  /** Local mode: plain http and private addresses pass; everything else still holds. */
  allowPrivate: boolean;
  /**
   * The service's own hosts, `host` or `host:port`; one without a port is refused on every port.
   */
  serviceHosts: readonly string[];
};

/** `url.href` is what to request; `message` names the rule and the value, and never a password. */
export type UrlCheck = { ok: true; url: URL } | { ok: false; rule: UrlRule; message: string };

/**
 * Zones that only ever name something inside a network. A single label (`intranet`) is refused too.
 */
const LOCAL_ZONES = [
  'localhost', // RFC 6761
  'localdomain',
  'local', // RFC 6762, and its appendix G: intranet, private, corp, home, lan
  'internal', // reserved by ICANN in 2024; AWS and Google Cloud name machines in it
  'home.arpa', // RFC 8375
  'intranet',
  'private',
  'corp',
  'home',
  'lan',
  'svc', // Kubernetes
];

const CONTROL_OR_SPACE = /[\p{Cc} ]/u;

const METADATA_NAMES = [
  'metadata.goog',
  'metadata.packet.net',
  'metadata.platformequinix.com',
  'metadata.tencentyun.com',
];

export function checkUrl(text: string, policy: UrlPolicy): UrlCheck {
  const bytes = utf8Bytes(text);
  if (bytes > URL_BYTES_MAX) {
    return refuse('url-length', `the URL has ${bytes} bytes, and at most ${URL_BYTES_MAX} are allowed`);
  }
  // The parser would drop tabs and line ends silently: what is saved would not be what is
  // requested.
  if (CONTROL_OR_SPACE.test(text) || !URL.canParse(text))
    return refuse('url-syntax', `${shown(withoutUserInfo(text))} is not an absolute URL`);
  const url = new URL(text);

  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && policy.allowPrivate)) {
    return refuse('url-scheme', `the URL must begin with https://, and not with ${shown(url.protocol)}`);
  }
  if (url.username !== '' || url.password !== '') {
    return refuse('url-credentials', `the URL for ${shown(url.host)} must not contain a user name or password`);
  }
  if (url.href.includes('#')) {
    return refuse('url-fragment', `the fragment ${shown(url.hash === '' ? '#' : url.hash)} would never be sent`);
  }
  return checkHost(url, policy);
}

function checkHost(url: URL, policy: UrlPolicy): UrlCheck {
  const host = withoutTrailingDot(url.hostname);
  if (host.split('.').includes('')) return refuse('url-syntax', `the host ${shown(url.hostname)} has an empty label`);

  const own = policy.serviceHosts.find((entry) => isServiceHost(entry, host, portOf(url)));
  if (own !== undefined)
    return refuse('service-host', `the host ${shown(url.host)} is this service's own (${shown(own)})`);
  if (policy.allowPrivate) return { ok: true, url };

  const forbidden = forbiddenAddress(host);
  if (forbidden !== null) {
    return refuse(
      `${forbidden.class}-address`,
      `the host ${shown(host)} is a ${forbidden.class} address (${forbidden.range})`,
    );
  }
  if (isAddress(host)) return { ok: true, url };

  if (METADATA_NAMES.includes(host))
    return refuse('metadata-name', `the host ${shown(host)} is a cloud's metadata service`);
  const zone = LOCAL_ZONES.find((name) => host === name || host.endsWith(`.${name}`));
  if (zone !== undefined)
    return refuse('local-name', `the host ${shown(host)} is in "${zone}", which is not on the internet`);
  if (!host.includes('.'))
    return refuse('local-name', `the host ${shown(host)} is a single label, which is not on the internet`);
  return { ok: true, url };
}

/**
 * All spellings of loopback are one host: `localhost`, `127.1`, `[::1]` and `0.0.0.0` reach the
 * same listener.
 */
function isServiceHost(entry: string, host: string, port: string): boolean {
  const match = /^(\[[^\]]+\]|[^:]+)(?::(\d+))?$/.exec(entry.trim());
  const name = match?.[1];
  if (name === undefined || !URL.canParse(`http://${name}/`)) return false;
  const listed = withoutTrailingDot(new URL(`http://${name}/`).hostname);
  const samePort = match?.[2] === undefined || Number(match[2]) === Number(port);
  return samePort && (listed === host || (leadsHome(listed) && leadsHome(host)));
}

function leadsHome(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost') || isLoopback(host);
}

function portOf(url: URL): string {
  if (url.port !== '') return url.port;
  return url.protocol === 'https:' ? '443' : '80';
}

/**
 * One dot is the root and changes nothing; more than one leaves an empty label, which is refused.
 */
function withoutTrailingDot(hostname: string): string {
  return hostname.endsWith('.') ? hostname.slice(0, -1) : hostname;
}

/** A URL that does not parse may still hold a password. */
function withoutUserInfo(text: string): string {
  return text.replace(/\/\/[^/]*@/, '//…@');
}

function refuse(rule: UrlRule, message: string): UrlCheck {
  return { ok: false, rule, message };
}
