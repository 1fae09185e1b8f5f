#!/usr/bin/env bash
# In a Durable Object's SQLite (pages of 4,096 bytes, which PRAGMA may not change there), a table WITHOUT ROWID stores a row of
# more than some 1,000 bytes on a page of its own beside its key: 200 bytes more in a row cost 4,096 bytes more on disk. The
# same row in an ordinary table costs its 200 bytes. WITHOUT ROWID is chosen to save: it writes one row where a table with
# another primary key writes two, and rows written are what is billed. So the cheaper table can be five times as large.
# The bound is ((4096 - 12) * 64 / 255) - 23 = 1002 bytes, of SQLite's file format for index pages.
#
# Seen on 2026-12-01, miniflare 5.20261023.2-beta (workerd 1.20261023.1), bytes for each of 2,000 rows, by databaseSize:
#   900 bytes   WITHOUT ROWID 1200   with row ids 1038
#   1100 bytes  WITHOUT ROWID 4671   with row ids 1384
#
# The guess was that both tables grow by the bytes of the row. What it means here: an event's row is packed until an ordinary
# one stays below the bound (src/shard/packed.ts), which took a Shard from 5.2 to 1.4 kB an event.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund node@24.21.0 miniflare@5.20261023.2-beta
export PATH="$folder/node_modules/node/bin:$PATH"

cat >measure.mjs <<'JS'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare';

const script = `
import { DurableObject } from 'cloudflare:workers';
export class Table extends DurableObject {
  fetch(request) {
    const { searchParams } = new URL(request.url);
    const { sql } = this.ctx.storage;
    sql.exec('CREATE TABLE t (record TEXT, sequence INTEGER, body TEXT, PRIMARY KEY (record, sequence)) ' + searchParams.get('how'));
    const empty = sql.databaseSize;
    const body = 'x'.repeat(Number(searchParams.get('bytes')));
    for (let n = 0; n < 2000; n += 1) sql.exec('INSERT INTO t VALUES (?, ?, ?)', 'r' + (n % 100), n, body);
    return Response.json(Math.round((sql.databaseSize - empty) / 2000));
  }
}
export default { fetch: (request, env) => env.TABLE.getByName(request.url).fetch(request) };`;

const miniflare = new Miniflare(convertV4MiniflareOptions({
  modules: true,
  script,
  compatibilityDate: '2026-10-01',
  durableObjects: { TABLE: { className: 'Table', useSQLite: true } },
}));
const measured = {};
for (const bytes of [900, 1100]) {
  for (const how of ['WITHOUT ROWID', '']) {
    const answer = await miniflare.dispatchFetch(`http://x/?bytes=${bytes}&how=${encodeURIComponent(how)}`);
    measured[`${bytes} ${how}`.trim()] = await answer.json();
  }
}
await miniflare.dispose();
for (const bytes of [900, 1100]) {
  console.log(`${bytes} bytes`.padEnd(11), `WITHOUT ROWID ${measured[`${bytes} WITHOUT ROWID`]}   with row ids ${measured[bytes]}`);
}
const jump = measured['1100 WITHOUT ROWID'] - measured['900 WITHOUT ROWID'];
const usual = measured['1100'] - measured['900'];
if (jump < 3_000 || usual > 600) {
  console.error('this has changed');
  process.exit(1);
}
JS
node measure.mjs
