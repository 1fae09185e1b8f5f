/**
 * A request that a reader may paste: path parameters as shell variables, the body as in the
 * document's example.
 */
import type { ApiParameter } from './openapi-document.ts';

export type CurlParts = {
  method: string;
  path: string;
  parameters: readonly ApiParameter[];
  /** Absent: no body. */
  example?: unknown;
  isPublic: boolean;
};

export function curlOf({ method, path, parameters, example, isPublic }: CurlParts): string {
  const wanted = parameters.filter(({ in: place, required }) => place === 'query' && required === true);
  const query = wanted.map(({ name }) => `${name}=$${name}`).join('&');
  const place = path.replaceAll(/\{(\w+)\}/g, '$$$1') + (query === '' ? '' : `?${query}`);
  const lines = [`curl${method === 'get' ? '' : ` -X ${method.toUpperCase()}`} "$TUBEPOST${place}"`];
  if (!isPublic) lines.push('-H "Authorization: Bearer $TUBEPOST_KEY"');
  if (example !== undefined) {
    // A quote in single quotes ends them, is escaped, and begins them again.
    const text = JSON.stringify(example, null, 2).replaceAll("'", "'\\''");
    lines.push("-H 'Content-Type: application/json'", `-d '${text}'`);
  }
  return lines.join(' \\\n  ');
}
