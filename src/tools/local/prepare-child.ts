/**
 * The program that prepare.ts forks: migrates the databases of STATE_DIR and bundles the Worker,
 * sends its parent what it made, and ends. Ends too when the parent does.
 *
 *   node src/tools/local/prepare-child.ts ROOT STATE_DIR [map]
 */
import { Miniflare } from 'miniflare';
import { damagedFiles } from './damage.ts';
import { applyMigrations, listMigrations } from './migrations.ts';
import { databaseOptions, type LocalWorker } from './options.ts';
import type { Prepared } from './prepare.ts';
import { loadWorker } from './worker.ts';

process.on('disconnect', () => process.exit(1));

const [root = '', stateDir = '', map] = process.argv.slice(2);
let prepared: Prepared;
try {
  const worker = await loadWorker(root, stateDir, map === 'map');
  const damaged = damagedFiles(worker.persistPath);
  if (damaged.length > 0) throw new Error(`damaged, bring them back or move them away: ${damaged.join(', ')}`);
  await migrate(worker);
  prepared = { worker };
} catch (error) {
  prepared = { fault: error instanceof Error ? error.message : String(error) };
}
process.send?.(prepared, () => process.exit(0));

async function migrate(worker: LocalWorker): Promise<void> {
  if (worker.databases.every(({ migrationsFolder }) => listMigrations(migrationsFolder).length === 0)) return;
  const miniflare = new Miniflare(databaseOptions(worker));
  try {
    for (const { binding, migrationsFolder } of worker.databases) {
      await applyMigrations(await miniflare.getD1Database(binding), migrationsFolder);
    }
  } finally {
    await miniflare.dispose();
  }
}
