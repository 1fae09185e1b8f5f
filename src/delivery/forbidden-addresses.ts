/**
 * Which IPv4 and IPv6 addresses no endpoint may have (E3), by the IANA special-purpose registries,
 * and the arithmetic to match them. Pure. Takes addresses as the WHATWG URL parser writes them, so
 * decimal, octal and hexadecimal spellings, full-width digits and the like are already one
 * canonical form. It resolves no names: a Worker cannot pin DNS answers, and Cloudflare itself
 * refuses names that resolve to private addresses.
 */

export type AddressClass =
  | 'loopback'
  | 'private'
  | 'link-local'
  | 'metadata'
  | 'shared'
  | 'multicast'
  | 'documentation'
  | 'benchmark'
  | 'embedded'
  | 'reserved';

export type Forbidden = { class: AddressClass; range: string };

type Range = { class: AddressClass; range: string; base: bigint; shift: bigint };

const IPV4_BITS = 32;
const IPV6_BITS = 128;

/** The first match is what a refusal names, so a narrow range stands before a wide one. */
const IPV4: readonly Range[] = ranges(IPV4_BITS, parseIpv4, [
  ['metadata', '169.254.169.254/32'],
  // ECS task metadata, Azure's wire server, Alibaba's and Oracle's metadata services.
  ['metadata', '169.254.170.2/32'],
  ['metadata', '168.63.129.16/32'],
  ['metadata', '100.100.100.200/32'],
  ['metadata', '192.0.0.192/32'],
  ['reserved', '0.0.0.0/8'],
  ['private', '10.0.0.0/8'],
  ['shared', '100.64.0.0/10'],
  ['loopback', '127.0.0.0/8'],
  ['link-local', '169.254.0.0/16'],
  ['private', '172.16.0.0/12'],
  ['reserved', '192.0.0.0/24'],
  ['documentation', '192.0.2.0/24'],
  ['reserved', '192.31.196.0/24'],
  ['reserved', '192.52.193.0/24'],
  ['reserved', '192.88.99.0/24'],
  ['private', '192.168.0.0/16'],
  ['reserved', '192.175.48.0/24'],
  ['benchmark', '198.18.0.0/15'],
  ['documentation', '198.51.100.0/24'],
  ['documentation', '203.0.113.0/24'],
  ['multicast', '224.0.0.0/4'],
  ['reserved', '240.0.0.0/4'],
]);

/**
 * Addresses that embed an IPv4 one are refused whole, even where that one is public: nobody serves
 * webhooks there, and each translator may read them its own way. The last ranges leave exactly
 * 2000::/3, all that is assigned as global unicast.
 */
const IPV6: readonly Range[] = ranges(IPV6_BITS, parseIpv6, [
  ['metadata', 'fd00:ec2::/32'],
  ['reserved', '::/128'],
  ['loopback', '::1/128'],
  ['embedded', '::ffff:0:0/96'],
  ['embedded', '::ffff:0:0:0/96'],
  ['embedded', '::/96'],
  ['embedded', '64:ff9b::/96'],
  ['embedded', '64:ff9b:1::/48'],
  ['reserved', '100::/64'],
  ['embedded', '2001::/32'],
  ['benchmark', '2001:2::/48'],
  ['reserved', '2001::/23'],
  ['documentation', '2001:db8::/32'],
  ['embedded', '2002::/16'],
  ['reserved', '2620:4f:8000::/48'],
  ['documentation', '3fff::/20'],
  ['private', 'fc00::/7'],
  ['link-local', 'fe80::/10'],
  ['private', 'fec0::/10'],
  ['multicast', 'ff00::/8'],
  ['reserved', '::/3'],
  ['reserved', '4000::/2'],
  ['reserved', '8000::/1'],
]);

/**
 * Null for a public address and for a name. `hostname` as `URL.hostname` gives it, without a
 * trailing dot.
 */
export function forbiddenAddress(hostname: string): Forbidden | null {
  const isIpv6 = hostname.startsWith('[');
  const value = isIpv6 ? parseIpv6(hostname.slice(1, -1)) : parseIpv4(hostname);
  if (value === null) return null;
  const found = (isIpv6 ? IPV6 : IPV4).find(({ base, shift }) => value >> shift === base);
  return found === undefined ? null : { class: found.class, range: found.range };
}

export function isAddress(hostname: string): boolean {
  return hostname.startsWith('[') || parseIpv4(hostname) !== null;
}

/**
 * Leads to this machine, whichever way it is written. Only the caller knows whether the service
 * listens there.
 */
export function isLoopback(hostname: string): boolean {
  if (!hostname.startsWith('[')) return /^(127|0)\./.test(hostname) && parseIpv4(hostname) !== null;
  const value = parseIpv6(hostname.slice(1, -1));
  if (value === null) return false;
  const mapped = value >> 32n === 0xffffn ? Number((value >> 24n) & 0xffn) : null;
  return value <= 1n || mapped === 127 || mapped === 0;
}

function ranges(
  bits: number,
  parse: (text: string) => bigint | null,
  table: readonly [AddressClass, string][],
): Range[] {
  return table.map(([name, range]) => {
    const [address = '', length] = range.split('/');
    const value = parse(address);
    if (value === null) throw new Error(`forbidden-addresses: ${range} is no address range`);
    const shift = BigInt(bits - Number(length));
    return { class: name, range, base: value >> shift, shift };
  });
}

/**
 * Four decimal numbers and nothing else: the only form in which the URL parser leaves an IPv4
 * address.
 */
function parseIpv4(text: string): bigint | null {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (match === null) return null;
  return match.slice(1).reduce((value, part) => value * 256n + BigInt(part), 0n);
}

/**
 * Hexadecimal groups with at most one `::`, as the URL parser writes them: no dotted tail, no zone.
 */
function parseIpv6(text: string): bigint | null {
  const [head = '', tail] = text.split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const missing = 8 - before.length - after.length;
  if (missing < 0 || (tail === undefined && missing !== 0)) return null;
  const groups = [...before, ...Array<string>(missing).fill('0'), ...after];
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/.test(group))) return null;
  return groups.reduce((value, group) => (value << 16n) + BigInt(`0x${group}`), 0n);
}
