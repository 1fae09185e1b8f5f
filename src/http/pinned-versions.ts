/**
 * The schema versions that an endpoint pins (P7): a version that is not there would be met by no
 * event, in silence.
 */
import { shown } from '../core/text.ts';
import { type AppContext, catalogueCacheOf } from './context.ts';
import { invalid } from './problem.ts';

/** Asks the Catalogue itself, and only where something is pinned. */
export async function pinnedVersions(
  c: AppContext,
  pinned: Record<string, string> = {},
): Promise<Record<string, string>> {
  const entries = Object.entries(pinned);
  if (entries.length === 0) return pinned;
  const { types } = await catalogueCacheOf(c.env).fresh(Date.now());
  const errors = entries.flatMap(([name, version]) => {
    const count = types.get(name)?.versionCount ?? 0;
    if (Number(version) <= count) return [];
    const field = `schemaVersions.${name}`;
    const has = types.has(name)
      ? `which has ${count === 0 ? 'none' : `1 to ${count}`}`
      : 'which the catalogue does not have';
    return [{ field, message: `${field} must be a version of that event type, ${has}; got ${shown(version)}` }];
  });
  if (errors.length > 0) throw invalid(errors);
  return pinned;
}
