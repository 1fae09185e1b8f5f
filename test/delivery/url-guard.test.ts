import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkUrl, type UrlPolicy } from '../../src/delivery/url-guard.ts';

const production: UrlPolicy = { allowPrivate: false, serviceHosts: ['tubepost.dev', 'api.example.com:8443'] };
const local: UrlPolicy = { allowPrivate: true, serviceHosts: ['127.0.0.1:8787'] };

const FORBIDDEN_IPV4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/3',
];

function ruleOf(text: string, policy = production): string {
  const check = checkUrl(text, policy);
  return check.ok ? 'ok' : check.rule;
}

describe('in production', () => {
  it.each([
    'https://example.com',
    'https://example.com/hook?token=a%20b&x=1',
    'https://example.com:8443/hook',
    'https://EXAMPLE.com./hook',
    'https://münchen.example/',
    'https://93.184.216.34/',
    'https://9.255.255.255/',
    'https://11.0.0.0/',
    'https://100.63.255.255/',
    'https://100.128.0.0/',
    'https://172.15.255.255/',
    'https://172.32.0.0/',
    'https://192.167.255.255/',
    'https://198.17.255.255/',
    'https://198.20.0.0/',
    'https://223.255.255.255/',
    'https://[2606:4700::1111]/',
    'https://[2001:200::1]/',
    'https://[2003::1]/',
    'https://localhost.example.com/',
    'https://internal.example.com/',
    'https://local.example/',
    'https://10.example.com/',
    'https://api.example.com/',
    'https://sub.tubepost.dev/',
  ])('%s passes', (url) => expect(ruleOf(url)).toBe('ok'));

  it.each([
    // Syntax, scheme, parts
    ['', 'url-syntax'],
    ['example.com/hook', 'url-syntax'],
    ['/hook', 'url-syntax'],
    ['https://', 'url-syntax'],
    ['https://exa mple.com/', 'url-syntax'],
    [' https://example.com/', 'url-syntax'],
    ['https://example.com/\n', 'url-syntax'],
    ['ht\ttps://example.com/', 'url-syntax'],
    ['https://example..com/', 'url-syntax'],
    ['https://example.com../', 'url-syntax'],
    ['https://127.0.0.1../', 'url-syntax'],
    ['https://[fe80::1%25eth0]/', 'url-syntax'],
    ['https://256.1.1.1/', 'url-syntax'],
    ['https://example.com:99999/', 'url-syntax'],
    [`https://example.com/${'a'.repeat(2_048)}`, 'url-length'],
    [`https://example.com/${'ü'.repeat(1_020)}`, 'url-length'],
    ['http://example.com/', 'url-scheme'],
    ['ftp://example.com/', 'url-scheme'],
    ['file:///etc/passwd', 'url-scheme'],
    ['javascript:alert(1)', 'url-scheme'],
    ['data:text/plain,x', 'url-scheme'],
    ['https://user@example.com/', 'url-credentials'],
    ['https://:pass@example.com/', 'url-credentials'],
    ['https://example.com@127.0.0.1/', 'url-credentials'],
    ['https://example.com/#part', 'url-fragment'],
    ['https://example.com/#', 'url-fragment'],
    // Loopback in every spelling
    ['https://127.0.0.1/', 'loopback-address'],
    ['https://127.1/', 'loopback-address'],
    ['https://127.0.1/', 'loopback-address'],
    ['https://2130706433/', 'loopback-address'],
    ['https://0x7f000001/', 'loopback-address'],
    ['https://0x7f.0.0.1/', 'loopback-address'],
    ['https://0X7F.1/', 'loopback-address'],
    ['https://017700000001/', 'loopback-address'],
    ['https://0177.0.0.1/', 'loopback-address'],
    ['https://127.0.0.1./', 'loopback-address'],
    ['https://127.255.255.254/', 'loopback-address'],
    ['https://%31%32%37.0.0.1/', 'loopback-address'],
    ['https://１２７.０.０.１/', 'loopback-address'],
    ['https://127。0。0。1/', 'loopback-address'],
    ['https://①②⑦.0.0.1/', 'loopback-address'],
    ['https:\\\\127.0.0.1\\', 'loopback-address'],
    ['https:127.0.0.1', 'loopback-address'],
    ['https:////127.0.0.1', 'loopback-address'],
    ['https://[::1]/', 'loopback-address'],
    ['https://[0:0:0:0:0:0:0:1]/', 'loopback-address'],
    ['https://[::0001]/', 'loopback-address'],
    // Other IPv4
    ['https://0.0.0.0/', 'reserved-address'],
    ['https://0/', 'reserved-address'],
    ['https://0.1.2.3/', 'reserved-address'],
    ['https://10.0.0.1/', 'private-address'],
    ['https://10.1/', 'private-address'],
    ['https://172.16.0.1/', 'private-address'],
    ['https://172.31.255.255/', 'private-address'],
    ['https://192.168.1.1/', 'private-address'],
    ['https://3232235777/', 'private-address'],
    ['https://100.64.0.1/', 'shared-address'],
    ['https://100.127.255.255/', 'shared-address'],
    ['https://169.254.1.1/', 'link-local-address'],
    ['https://169.254.169.254/latest/meta-data/', 'metadata-address'],
    ['https://0xa9fea9fe/', 'metadata-address'],
    ['https://168.63.129.16/', 'metadata-address'],
    ['https://100.100.100.200/', 'metadata-address'],
    ['https://192.0.0.192/', 'metadata-address'],
    ['https://192.0.0.1/', 'reserved-address'],
    ['https://192.0.2.1/', 'documentation-address'],
    ['https://192.88.99.1/', 'reserved-address'],
    ['https://198.18.0.1/', 'benchmark-address'],
    ['https://198.19.255.255/', 'benchmark-address'],
    ['https://198.51.100.1/', 'documentation-address'],
    ['https://203.0.113.1/', 'documentation-address'],
    ['https://224.0.0.1/', 'multicast-address'],
    ['https://239.255.255.255/', 'multicast-address'],
    ['https://240.0.0.1/', 'reserved-address'],
    ['https://255.255.255.255/', 'reserved-address'],
    // Other IPv6
    ['https://[::]/', 'reserved-address'],
    ['https://[::ffff:127.0.0.1]/', 'embedded-address'],
    ['https://[::ffff:7f00:1]/', 'embedded-address'],
    ['https://[::ffff:93.184.216.34]/', 'embedded-address'],
    ['https://[::ffff:0:127.0.0.1]/', 'embedded-address'],
    ['https://[::127.0.0.1]/', 'embedded-address'],
    ['https://[64:ff9b::127.0.0.1]/', 'embedded-address'],
    ['https://[64:ff9b:1::1]/', 'embedded-address'],
    ['https://[2002:7f00:1::]/', 'embedded-address'],
    ['https://[2001::1]/', 'embedded-address'],
    ['https://[2001:0:7f00:1::]/', 'embedded-address'],
    ['https://[100::1]/', 'reserved-address'],
    ['https://[2001:2::1]/', 'benchmark-address'],
    ['https://[2001:20::1]/', 'reserved-address'],
    ['https://[2001:1ff:ffff::]/', 'reserved-address'],
    ['https://[2001:db8::1]/', 'documentation-address'],
    ['https://[3fff::1]/', 'documentation-address'],
    ['https://[5f00::1]/', 'reserved-address'],
    ['https://[fc00::1]/', 'private-address'],
    ['https://[fd12:3456:789a::1]/', 'private-address'],
    ['https://[fd00:ec2::254]/', 'metadata-address'],
    ['https://[fe80::1]/', 'link-local-address'],
    ['https://[FEBF::1]/', 'link-local-address'],
    ['https://[fec0::1]/', 'private-address'],
    ['https://[ff02::1]/', 'multicast-address'],
    ['https://[1::1]/', 'reserved-address'],
    ['https://[4000::1]/', 'reserved-address'],
    ['https://[9000::1]/', 'reserved-address'],
    // Names
    ['https://localhost/', 'local-name'],
    ['https://LOCALHOST./', 'local-name'],
    ['https://foo.localhost/', 'local-name'],
    ['https://ｌｏｃａｌｈｏｓｔ/', 'local-name'],
    ['https://localhost.localdomain/', 'local-name'],
    ['https://printer.local/', 'local-name'],
    ['https://printer.local./', 'local-name'],
    ['https://db.internal/', 'local-name'],
    ['https://metadata.google.internal/', 'local-name'],
    ['https://router.home.arpa/', 'local-name'],
    ['https://nas.lan/', 'local-name'],
    ['https://api.default.svc/', 'local-name'],
    ['https://intranet/', 'local-name'],
    ['https://instance-data./', 'local-name'],
    ['https://metadata.goog/', 'metadata-name'],
    // The service itself
    ['https://tubepost.dev/v1', 'service-host'],
    ['https://TUBEPOST.dev.:9999/v1', 'service-host'],
    ['https://api.example.com:8443/', 'service-host'],
  ])('%s is refused by %s', (url, rule) => expect(ruleOf(url)).toBe(rule));

  it('a forbidden IPv4 address is refused in every spelling', () => {
    const forbidden = fc.constantFrom(...FORBIDDEN_IPV4);
    fc.assert(
      fc.property(forbidden, fc.nat(0xffffffff), spelling(), (range, noise, spell) => {
        expect(ruleOf(`https://${spell(within(range, noise))}/`)).toMatch(/-address$/);
      }),
      { numRuns: 2_000 },
    );
  });

  it('a spelling never changes the verdict on any IPv4 address', () => {
    fc.assert(
      fc.property(fc.nat(0xffffffff), spelling(), (address, spell) => {
        expect(ruleOf(`https://${spell(address)}/`)).toBe(ruleOf(`https://${dotted(address)}/`));
      }),
      { numRuns: 2_000 },
    );
  });

  it('an IPv6 address outside 2000::/3 is refused, and so is each that embeds an IPv4 one', () => {
    const groups = fc.array(fc.nat(0xffff), { minLength: 8, maxLength: 8 });
    fc.assert(
      fc.property(groups, (parts) => {
        const isGlobal = (parts[0] ?? 0) >>> 13 === 1;
        const rule = ruleOf(`https://[${parts.map((part) => part.toString(16)).join(':')}]/`);
        if (!isGlobal) expect(rule).toMatch(/-address$/);
      }),
      { numRuns: 1_000 },
    );
    fc.assert(
      fc.property(fc.nat(0xffffffff), fc.constantFrom('::ffff:', '::', '64:ff9b::', '::ffff:0:'), (address, prefix) => {
        expect(ruleOf(`https://[${prefix}${dotted(address)}]/`)).toMatch(/-address$/);
      }),
    );
  });

  it('never throws, and never lets http or a password through', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.webUrl({ withFragments: true })), (text) => {
        const check = checkUrl(text, production);
        if (check.ok) expect(check.url).toMatchObject({ protocol: 'https:', username: '', password: '', hash: '' });
      }),
    );
  });

  it('a refusal names the value, and never a password', () => {
    const messageOf = (text: string) => {
      const check = checkUrl(text, production);
      return check.ok ? '' : check.message;
    };
    expect(messageOf('https://0x7f000001/')).toBe('the host "127.0.0.1" is a loopback address (127.0.0.0/8)');
    expect(messageOf('http://example.com/')).toBe('the URL must begin with https://, and not with "http:"');
    expect(messageOf('https://u:hunter2@example.com/')).toContain('"example.com"');
    for (const text of [
      'https://u:hunter2@example.com/',
      'https://u:hunter2@exa mple.com/',
      'https://u:hunter2@[::1/',
    ]) {
      expect(messageOf(text)).not.toContain('hunter2');
    }
  });
});

describe('in local mode', () => {
  it.each([
    'http://127.0.0.1:3000/hook',
    'http://localhost:3000',
    'https://10.0.0.1/',
    'http://[::1]:3000/',
    'http://intranet/',
  ])('%s passes', (url) => expect(ruleOf(url, local)).toBe('ok'));

  it.each([
    ['http://u:p@127.0.0.1:3000/', 'url-credentials'],
    ['ftp://127.0.0.1/', 'url-scheme'],
    ['http://127.0.0.1:3000/#x', 'url-fragment'],
    ['http://127.0.0.1:8787/', 'service-host'],
    ['http://127.1:8787/', 'service-host'],
    ['http://localhost:8787/', 'service-host'],
    ['http://foo.localhost.:8787/', 'service-host'],
    ['http://0.0.0.0:8787/', 'service-host'],
    ['http://[::1]:8787/', 'service-host'],
    ['http://[::ffff:127.0.0.1]:8787/', 'service-host'],
  ])('%s is refused by %s', (url, rule) => expect(ruleOf(url, local)).toBe(rule));

  it('a service host may be written with its default port, in capitals or not in ASCII, and rubbish is ignored', () => {
    const policy = (...serviceHosts: string[]) => ({ allowPrivate: false, serviceHosts });
    expect(ruleOf('https://a.example/', policy('A.example:443'))).toBe('service-host');
    expect(ruleOf('https://a.example/', policy('a.example:80'))).toBe('ok');
    expect(ruleOf('https://xn--mnchen-3ya.example/', policy(' münchen.example. '))).toBe('service-host');
    expect(ruleOf('https://a.example/', policy('', ':', 'https://a.example', '*'))).toBe('ok');
  });
});

function dotted(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 0xff).join('.');
}

function within(range: string, noise: number): number {
  const [base = '', bits] = range.split('/');
  const start = base.split('.').reduce((value, part) => value * 256 + Number(part), 0);
  return start + (noise % 2 ** (32 - Number(bits)));
}

/** A way of writing an IPv4 address that the WHATWG URL parser understands. */
function spelling(): fc.Arbitrary<(address: number) => string> {
  const numeral = fc.constantFrom(
    (part: number) => String(part),
    (part: number) => `0${part.toString(8)}`,
    (part: number) => `0x${part.toString(16)}`,
    (part: number) => `0X000${part.toString(16).toUpperCase()}`,
  );
  const wide = (text: string) => text.replace(/[0-9]/g, (digit) => String.fromCodePoint(0xff10 + Number(digit)));
  const percent = (text: string) => text.replace(/[0-9]/g, (digit) => `%3${digit}`);
  const dress = fc.constantFrom(
    (text: string) => text,
    wide,
    percent,
    (text: string) => text.replaceAll('.', '。'),
  );
  return fc
    .record({
      parts: fc.integer({ min: 1, max: 4 }),
      numerals: fc.tuple(numeral, numeral, numeral, numeral),
      dress,
      dot: fc.constantFrom('', '.'),
    })
    .map(({ parts, numerals, dress, dot }) => (address) => {
      const bytes = [24, 16, 8, 0].map((shift) => (address >>> shift) & 0xff);
      const last = address % 2 ** (8 * (5 - parts));
      const values = [...bytes.slice(0, parts - 1), last];
      return dress(values.map((value, i) => (numerals[i] ?? String)(value)).join('.')) + dot;
    });
}
