import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { EndpointSettings } from '../../src/core/endpoint.ts';
import { wanting, wants } from '../../src/core/match.ts';

test.each([
  [[], 'ticket.created', true],
  [['ticket.created'], 'ticket.created', true],
  [['ticket.created'], 'ticket.updated', false],
  [['ticket.created'], 'ticket.created.twice', false],
  [['ticket.created'], 'Ticket.created', false],
  [['ticket'], 'ticket', true],
  [['ticket'], 'ticket.created', false],
  [['ticket.*'], 'ticket.created', true],
  [['ticket.*'], 'ticket.comment.created', true],
  [['ticket.*'], 'ticket', false],
  [['ticket.*'], 'tickets.created', false],
  [['ticket.*'], 'ticketxcreated', false],
  [['ticket.*'], 'my.ticket.created', false],
  [['ticket.comment.*'], 'ticket.comment.created', true],
  [['ticket.comment.*'], 'ticket.created', false],
  [['invoice.paid', 'ticket.*'], 'ticket.created', true],
  [['invoice.paid', 'user.*'], 'ticket.created', false],
])('an endpoint for %j and an event %s: wanted is %s', (eventTypes, type, wanted) => {
  expect(wants({ eventTypes }, type)).toBe(wanted);
});

const segment = fc.stringMatching(/^[A-Za-z0-9_-]{1,6}$/);
const type = fc.array(segment, { minLength: 1, maxLength: 4 }).map((segments) => segments.join('.'));

test('an exact name wants itself alone, and its wildcard wants everything below it and not itself', () => {
  fc.assert(
    fc.property(type, type, (name, other) => {
      expect(wants({ eventTypes: [name] }, other)).toBe(name === other);
      expect(wants({ eventTypes: [`${name}.*`] }, `${name}.${other}`)).toBe(true);
      expect(wants({ eventTypes: [`${name}.*`] }, name)).toBe(false);
    }),
  );
});

test('the endpoints that are found for a type are those that want it, in their order', () => {
  const pattern = fc.tuple(type, fc.boolean()).map(([name, isBelow]) => (isBelow ? `${name}.*` : name));
  const short = fc.stringMatching(/^[ab](\.[ab]){0,3}(\.\*)?$/);
  const endpoint = fc.record({ eventTypes: fc.array(fc.oneof(short, pattern), { maxLength: 3 }) });
  fc.assert(
    fc.property(
      fc.array(endpoint, { maxLength: 8 }),
      fc.oneof(fc.stringMatching(/^[ab](\.[ab]){0,3}$/), type),
      (all, of) => {
        const endpoints = all as EndpointSettings[];
        const expected = endpoints.filter((one) => wants(one, of));
        expect(wanting(endpoints, of)).toEqual(expected);
        expect(wanting(endpoints, of)).toEqual(expected);
      },
    ),
    { numRuns: 2_000 },
  );
});
