/**
 * L2: pages of origins that the operator lists (CORS_ORIGINS) may read with portal and record
 * tokens. Keys are for servers: what they are answered no page may read. A WebSocket knows no such
 * rule, so the same origins are asked for here.
 */
import type { MiddlewareHandler } from 'hono';
import type { AppContext, AppEnv } from '../context.ts';
import { Problem } from '../problem.ts';
import { givenKey, isPortalToken } from './auth.ts';

/** How long a browser believes a preflight. */
const PREFLIGHT_SECONDS = 600;

export const allowOrigins: MiddlewareHandler<AppEnv> = async (c, next) => {
  const origin = c.req.header('origin');
  if (origin === undefined) return next();
  const isListed = c.get('vars').corsOrigins.includes(origin);
  const asked = c.req.header('access-control-request-method');
  if (c.req.method === 'OPTIONS' && asked !== undefined) {
    return isListed && isReading(asked, c.req.path) ? allowed(origin, asked) : next();
  }
  if (!isPortalToken(givenKey(c) ?? '') || !isReading(c.req.method, c.req.path)) return next();
  if (isSocket(c) && !isListed && origin !== new URL(c.req.url).origin) {
    throw new Problem('forbidden', `pages of ${origin.slice(0, 200)} may not read here: CORS_ORIGINS does not list it`);
  }
  await next();
  if (c.res.status === 101) return;
  c.header('vary', 'origin', { append: true });
  if (!isListed) return;
  c.header('access-control-allow-origin', origin);
  c.header('access-control-expose-headers', 'retry-after');
};

function isSocket(c: AppContext): boolean {
  return c.req.header('upgrade')?.toLowerCase() === 'websocket';
}

/** The one POST changes nothing: fifty keys do not fit into every URL. */
function isReading(method: string, path: string): boolean {
  return method === 'GET' || (method === 'POST' && path.endsWith('/record-statuses'));
}

function allowed(origin: string, method: string): Response {
  return new Response(null, {
    status: 204,
    headers: {
      vary: 'origin',
      'access-control-allow-origin': origin,
      'access-control-allow-methods': method,
      'access-control-allow-headers': 'authorization, content-type',
      'access-control-max-age': String(PREFLIGHT_SECONDS),
    },
  });
}
