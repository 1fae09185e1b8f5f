/**
 * The rules for an endpoint's own request headers (E1). Values are secrets: a sentence names the
 * header, never its value.
 */
import { HEADERS_BYTES_MAX, HEADERS_PER_ENDPOINT_MAX } from './limits.ts';
import { shown } from './text.ts';

/** RFC 9110, 5.6.2. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** Visible ASCII, with spaces and tabs inside: at the ends they would be stripped on the way. */
const VALUE = /^[\x21-\x7e]+(?:[ \t]+[\x21-\x7e]+)*$/;

/** A cloud's metadata service gives its keys to who sends such a header from inside. */
const METADATA = 'it opens the metadata service of a cloud';

/** Why each name is ours or the connection's; by its lower-case form. */
const FORBIDDEN_NAMES: Readonly<Record<string, string>> = {
  connection: 'it belongs to the connection',
  'keep-alive': 'it belongs to the connection',
  te: 'it belongs to the connection',
  trailer: 'it belongs to the connection',
  'transfer-encoding': 'it belongs to the connection',
  upgrade: 'it belongs to the connection',
  trailers: 'it belongs to the connection',
  expect: 'it belongs to the connection',
  'http2-settings': 'it belongs to the connection',
  'max-forwards': 'it belongs to the connection',
  via: 'it would claim another origin',
  forwarded: 'it would claim another origin',
  'x-forwarded': 'it would claim another origin',
  'forwarded-for': 'it would claim another origin',
  'x-real-ip': 'it would claim another origin',
  'true-client-ip': 'it would claim another origin',
  'client-ip': 'it would claim another origin',
  'x-client-ip': 'it would claim another origin',
  'x-cluster-client-ip': 'it would claim another origin',
  'fastly-client-ip': 'it would claim another origin',
  'x-remote-ip': 'it would claim another origin',
  'x-remote-addr': 'it would claim another origin',
  'x-originating-ip': 'it would claim another origin',
  'x-azure-clientip': 'it would claim another origin',
  'x-envoy-external-address': 'it would claim another origin',
  'x-original-url': 'it would claim another URL',
  'x-rewrite-url': 'it would claim another URL',
  'x-original-host': 'it would claim another URL',
  'x-host': 'it would claim another URL',
  metadata: METADATA,
  host: 'it follows from the URL',
  cookie: 'requests carry no cookies',
  'user-agent': 'Tubepost sets it',
};
const FORBIDDEN_PREFIXES: Readonly<Record<string, string>> = {
  'proxy-': 'it belongs to the connection',
  'content-': 'it describes the body, which Tubepost writes',
  'webhook-': 'it is part of the signed contract',
  'cf-': 'Cloudflare sets it',
  'x-forwarded-': 'it would claim another origin',
  'metadata-': METADATA,
  'x-aws-ec2-metadata-': METADATA,
  'x-google-metadata-': METADATA,
  'x-aliyun-ecs-metadata-': METADATA,
  'x-metadata-': METADATA,
};

function whyForbidden(lowerName: string): string | null {
  if (Object.hasOwn(FORBIDDEN_NAMES, lowerName)) return FORBIDDEN_NAMES[lowerName] ?? null;
  const prefix = Object.keys(FORBIDDEN_PREFIXES).find((start) => lowerName.startsWith(start));
  return prefix === undefined ? null : (FORBIDDEN_PREFIXES[prefix] ?? null);
}

function checkHeader(name: string, value: string): string | null {
  if (!TOKEN.test(name)) return `must have names of letters, digits and !#$%&'*+-.^_\`|~; got ${shown(name)}`;
  const why = whyForbidden(name.toLowerCase());
  if (why !== null) return `must not set ${shown(name)}: ${why}`;
  if (VALUE.test(value)) return null;
  return `must have values of visible ASCII, with spaces and tabs only inside; that of ${shown(name)} is not`;
}

/** All headers of one endpoint, as [name, value]. The 4 KiB count names and values together. */
export function checkHeaders(headers: readonly (readonly [name: string, value: string])[]): string | null {
  if (headers.length > HEADERS_PER_ENDPOINT_MAX) {
    return `must be at most ${HEADERS_PER_ENDPOINT_MAX} headers; got ${headers.length}`;
  }
  const chars = headers.reduce((sum, [name, value]) => sum + name.length + value.length, 0);
  if (chars > HEADERS_BYTES_MAX) {
    return `must have at most ${HEADERS_BYTES_MAX} bytes of names and values; they have ${chars}`;
  }
  const seen = new Set<string>();
  for (const [name, value] of headers) {
    const fault = checkHeader(name, value);
    if (fault !== null) return fault;
    const lowerName = name.toLowerCase();
    if (seen.has(lowerName)) return `must name each header once, whatever its case; ${shown(name)} is there twice`;
    seen.add(lowerName);
  }
  return null;
}
