/**
 * The formats of JSON Schema's own vocabulary (2020-12, Validation, 7.3) that are checked. Each
 * check is linear in the text, which a publisher chooses: long parts are looked through for what
 * must not be there, never matched by repeated groups.
 *
 * Not checked, as any name that the vocabulary does not have: `regex`, which would be compiled;
 * `idn-email`, `idn-hostname`, `iri` and `iri-reference`, which need tables of Unicode.
 */
import { isCalendarDate } from './time.ts';

type Check = (text: string) => boolean;

/** Longest host name (RFC 1035, 2.3.4) and local part (RFC 5321, 4.5.3.1.1), in octets. */
const HOSTNAME_CHARS_MAX = 253;
const LOCAL_PART_CHARS_MAX = 64;
/** Eight groups, the last two as IPv4. */
const IPV6_CHARS_MAX = 45;

const DATE = /^([0-9]{4})-([0-9]{2})-([0-9]{2})$/;
const TIME = /^([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.[0-9]+)?(?:Z|([+-])([0-9]{2}):([0-9]{2}))$/i;
/** RFC 3339, appendix A. */
const DURATION =
  /^P(?:[0-9]+W|(?=[0-9T])(?:[0-9]+Y(?:[0-9]+M(?:[0-9]+D)?)?|[0-9]+M(?:[0-9]+D)?|[0-9]+D)?(?:T(?:[0-9]+H(?:[0-9]+M(?:[0-9]+S)?)?|[0-9]+M(?:[0-9]+S)?|[0-9]+S))?)$/;
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i;
const OCTET = /^(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])$/;
const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;
const SCHEME = /^[a-z][a-z0-9+.-]*$/i;
/** `%` without two hexadecimal digits. */
const BAD_ESCAPE = /%(?![0-9a-f]{2})/i;

function isDate(text: string): boolean {
  const parts = DATE.exec(text);
  return parts !== null && isCalendarDate(Number(parts[1]), Number(parts[2]), Number(parts[3]));
}

/** A leap second is at 23:59:60 UTC, and nowhere else. */
function isTime(text: string): boolean {
  const parts = TIME.exec(text);
  if (parts === null) return false;
  const [hour = 0, minute = 0, second = 0] = parts.slice(1, 4).map(Number);
  const [hours, minutes] = [Number(parts[5] ?? 0), Number(parts[6] ?? 0)];
  if (hour > 23 || minute > 59 || second > 60 || hours > 23 || minutes > 59) return false;
  if (second < 60) return true;
  const ahead = (hours * 60 + minutes) * (parts[4] === '-' ? -1 : 1);
  const day = 24 * 60;
  return (hour * 60 + minute - ahead + 2 * day) % day === day - 1;
}

function isDateTime(text: string): boolean {
  const separator = text[10];
  return (separator === 'T' || separator === 't') && isDate(text.slice(0, 10)) && isTime(text.slice(11));
}

function isHostname(text: string): boolean {
  return text.length <= HOSTNAME_CHARS_MAX && text.split('.').every((label) => LABEL.test(label));
}

function isIpv4(text: string): boolean {
  const octets = text.split('.', 5);
  return octets.length === 4 && octets.every((octet) => OCTET.test(octet));
}

function isIpv6(text: string): boolean {
  if (text.length > IPV6_CHARS_MAX) return false;
  const halves = text.split('::');
  if (halves.length > 2) return false;
  const groups = halves.map((half) => (half === '' ? [] : half.split(':')));
  const all = groups.flat();
  const last = all.at(-1) ?? '';
  const hasIpv4 = last.includes('.') && text.endsWith(last);
  if (hasIpv4 && !isIpv4(last)) return false;
  const plain = hasIpv4 ? all.slice(0, -1) : all;
  if (!plain.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return false;
  const count = plain.length + (hasIpv4 ? 2 : 0);
  return halves.length === 2 ? count < 8 : count === 8;
}

/** RFC 5321, 4.1.2: a dot-string or a quoted one, and a host or an address in brackets. */
function isEmail(text: string): boolean {
  const at = text.lastIndexOf('@');
  const [local, host] = [text.slice(0, at), text.slice(at + 1)];
  if (at < 1 || local.length > LOCAL_PART_CHARS_MAX) return false;
  const isQuoted = /^"(?:[ !#-[\]-~]|\\[ -~])*"$/.test(local);
  if (!isQuoted && !local.split('.').every((atom) => /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+$/i.test(atom))) return false;
  if (!host.startsWith('[') || !host.endsWith(']')) return isHostname(host);
  const address = host.slice(1, -1);
  return /^ipv6:/i.test(address) ? isIpv6(address.slice(5)) : isIpv4(address);
}

/** RFC 3986. */
function isUriReference(text: string): boolean {
  const [beforeFragment, fragment = ''] = splitAt(text, '#');
  const [hierarchy, query = ''] = splitAt(beforeFragment, '?');
  const colon = hierarchy.indexOf(':');
  const slash = hierarchy.indexOf('/');
  const hasScheme = colon >= 0 && (slash < 0 || colon < slash);
  if (hasScheme && !SCHEME.test(hierarchy.slice(0, colon))) return false;
  const rest = hasScheme ? hierarchy.slice(colon + 1) : hierarchy;
  return (
    isOfUri(query, /[^a-z0-9._~!$&'()*+,;=:@/?%-]/i) &&
    isOfUri(fragment, /[^a-z0-9._~!$&'()*+,;=:@/?%-]/i) &&
    isHierarchy(rest)
  );
}

function isHierarchy(text: string): boolean {
  const isAuthority = text.startsWith('//');
  const end = isAuthority ? text.indexOf('/', 2) : 0;
  const path = isAuthority ? (end < 0 ? '' : text.slice(end)) : text;
  if (!isOfUri(path, /[^a-z0-9._~!$&'()*+,;=:@/%-]/i)) return false;
  return !isAuthority || isAuthorityOfUri(text.slice(2, end < 0 ? undefined : end));
}

function isAuthorityOfUri(text: string): boolean {
  const at = text.lastIndexOf('@');
  const [user, host] = [text.slice(0, Math.max(0, at)), text.slice(at + 1)];
  if (!isOfUri(user, /[^a-z0-9._~!$&'()*+,;=:%-]/i)) return false;
  if (!host.startsWith('[')) {
    const colon = host.lastIndexOf(':');
    const name = colon < 0 ? host : host.slice(0, colon);
    return isPort(colon < 0 ? '' : host.slice(colon)) && isOfUri(name, /[^a-z0-9._~!$&'()*+,;=%-]/i);
  }
  const end = host.indexOf(']');
  return end > 0 && isPort(host.slice(end + 1)) && isIpLiteral(host.slice(1, end));
}

function isIpLiteral(text: string): boolean {
  if (!/^v/i.test(text)) return isIpv6(text);
  const [version, address = ''] = splitAt(text.slice(1), '.');
  return /^[0-9a-f]+$/i.test(version) && address !== '' && !/[^a-z0-9._~!$&'()*+,;=:-]/i.test(address);
}

function isPort(text: string): boolean {
  return text === '' || (text.startsWith(':') && !/[^0-9]/.test(text.slice(1)));
}

function isOfUri(text: string, other: RegExp): boolean {
  return !other.test(text) && !BAD_ESCAPE.test(text);
}

function isUri(text: string): boolean {
  return /^[a-z][a-z0-9+.-]*:/i.test(text) && isUriReference(text);
}

/** RFC 6570. What no expression is made of must be a literal. */
function isUriTemplate(text: string): boolean {
  const literals = text.replaceAll(/\{[^{}]*\}/g, '');
  if (/[\s"<>\\^`{|}]|\p{Cc}/u.test(literals) || BAD_ESCAPE.test(literals)) return false;
  return [...text.matchAll(/\{([^{}]*)\}/g)].every(([, expression = '']) => isExpression(expression));
}

function isExpression(text: string): boolean {
  const variables = text.replace(/^[+#./;?&=,!@|]/, '');
  return variables.split(',').every((variable) => {
    const name = variable.replace(/(?:\*|:[1-9][0-9]{0,3})$/, '');
    return name !== '' && !/[^a-z0-9_.%]|^\.|\.\.|\.$/i.test(name) && !BAD_ESCAPE.test(name);
  });
}

/** RFC 6901. */
function isJsonPointer(text: string): boolean {
  return (text === '' || text.startsWith('/')) && !/~(?![01])/.test(text);
}

function isRelativeJsonPointer(text: string): boolean {
  const up = /^(?:0|[1-9][0-9]*)/.exec(text)?.[0];
  if (up === undefined) return false;
  const rest = text.slice(up.length);
  return rest === '#' || isJsonPointer(rest);
}

function splitAt(text: string, separator: string): [before: string, after?: string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

const FORMATS: ReadonlyMap<string, Check> = new Map<string, Check>([
  ['date-time', isDateTime],
  ['date', isDate],
  ['time', isTime],
  ['duration', (text) => DURATION.test(text)],
  ['email', isEmail],
  ['hostname', isHostname],
  ['ipv4', isIpv4],
  ['ipv6', isIpv6],
  ['uri', isUri],
  ['uri-reference', isUriReference],
  ['uri-template', isUriTemplate],
  ['uuid', (text) => UUID.test(text)],
  ['json-pointer', isJsonPointer],
  ['relative-json-pointer', isRelativeJsonPointer],
]);

/** Null: a note, and nothing is checked. */
export function formatCheck(name: unknown): Check | null {
  return typeof name === 'string' ? (FORMATS.get(name) ?? null) : null;
}
