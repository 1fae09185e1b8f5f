import { describe, expect, it } from 'vitest';
import { isLoopback, parseHost, refuseOpenHost } from '../../../src/tools/local/host.ts';

const published = { ADMIN_KEY: 'published', MASTER_KEY: 'published too' };

describe('HOST', () => {
  it.each(['127.0.0.1', '0.0.0.0', '::1', '::', '192.168.1.7'])('may be %s', (host) => {
    expect(parseHost(host)).toBe(host);
  });

  it.each(['', 'example.com', '127.0.0.1:8787', '0.0.0.0/0'])('may not be "%s"', (host) => {
    expect(() => parseHost(host)).toThrow(`HOST must be an IP address, like 127.0.0.1 or 0.0.0.0, but is "${host}"`);
  });

  it('lets nobody but this machine in with the published keys', () => {
    expect(() => refuseOpenHost('127.0.0.1', published, published)).not.toThrow();
    expect(() => refuseOpenHost('0.0.0.0', published, published)).toThrow('ADMIN_KEY and MASTER_KEY are the published');
    expect(() => refuseOpenHost('::', { ...published, ADMIN_KEY: 'own' }, published)).toThrow(
      'MASTER_KEY is the published',
    );
    expect(() => refuseOpenHost('0.0.0.0', { MASTER_KEY: 'own' }, published)).toThrow('ADMIN_KEY is the published');
    expect(() => refuseOpenHost('0.0.0.0', { ADMIN_KEY: 'own', MASTER_KEY: 'own' }, published)).not.toThrow();
  });

  it.each([
    ['127.0.0.1', true],
    ['127.9.9.9', true],
    ['::1', true],
    ['::', false],
    ['0.0.0.0', false],
  ])('%s is reached from this machine alone: %s', (host, isAlone) => {
    expect(isLoopback(host)).toBe(isAlone);
  });
});
