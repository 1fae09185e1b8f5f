/**
 * Which files of STATE_DIR are no databases any more: workerd says of one only that an internal
 * error happened.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/**
 * Opened one by one, and only those of objects without which nothing works: an installation has as
 * many Shards as it likes.
 */
const LOOKED_AT = /^(d1\/|do\/[^/]*-(Account|Catalogue))/;

/** Call it while no service runs on them. Their paths, each with what SQLite says. */
export function damagedFiles(persistPath: string): string[] {
  if (!existsSync(persistPath)) return [];
  const files = readdirSync(persistPath, { recursive: true, encoding: 'utf8' });
  return files
    .filter((file) => LOOKED_AT.test(file) && file.endsWith('.sqlite'))
    .flatMap((file) => {
      const path = join(persistPath, file);
      try {
        const database = new DatabaseSync(path);
        try {
          database.prepare('SELECT count(*) FROM sqlite_master').get();
        } finally {
          database.close();
        }
        return [];
      } catch (error) {
        return [`${path} (${error instanceof Error ? error.message : String(error)})`];
      }
    });
}
