/**
 * Who asks. One operator key so far, from ADMIN_KEY. Compared as digests in constant time: neither the key's length nor how much
 * of it was right can be measured.
 */
import type { MiddlewareHandler } from 'hono';
import type { AppEnv } from './context.ts';
import { Problem } from './problem.ts';

export const requireKey: MiddlewareHandler<AppEnv> = async (c, next) => {
  const header = c.req.header('authorization');
  const given = /^Bearer +(\S+)$/i.exec(header ?? '')?.[1];
  if (given === undefined) {
    throw unauthorized(
      header === undefined
        ? 'the Authorization header is missing'
        : 'the Authorization header must be "Bearer" and a key',
    );
  }
  if (!(await isSame(given, c.get('vars').adminKey))) throw unauthorized('the key is not known');
  c.set('keyName', 'operator');
  await next();
};

async function isSame(a: string, b: string): Promise<boolean> {
  const [digestA, digestB] = await Promise.all([sha256(a), sha256(b)]);
  return crypto.subtle.timingSafeEqual(digestA, digestB);
}

function sha256(text: string): Promise<ArrayBuffer> {
  return crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
}

function unauthorized(detail: string): Problem {
  return new Problem('unauthorized', detail, { headers: { 'www-authenticate': 'Bearer realm="tubepost"' } });
}
