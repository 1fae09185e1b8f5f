/**
 * What browsers are told of every page. Nothing comes from elsewhere, no script or style stands in
 * the page itself, and no page may be framed but the customer's, by origins that the operator
 * lists.
 */
import type { Area } from './page.ts';

const OWN = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
];

export function pageHeaders(area: Area | null, frameOrigins: readonly string[]): Record<string, string> {
  const mayFrame = area === 'customer' && frameOrigins.length > 0;
  const ancestors = mayFrame ? `frame-ancestors 'self' ${frameOrigins.join(' ')}` : "frame-ancestors 'none'";
  return {
    'content-security-policy': [...OWN, ancestors].join('; '),
    'referrer-policy': 'same-origin',
    'x-content-type-options': 'nosniff',
    'cross-origin-opener-policy': 'same-origin',
    'permissions-policy': 'camera=(), geolocation=(), microphone=()',
    'cache-control': 'private, no-store',
    ...(mayFrame ? {} : { 'x-frame-options': 'DENY' }),
  };
}
