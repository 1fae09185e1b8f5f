#!/usr/bin/env bash
# wrangler 4.155.0 prints the data of its --json commands as a log line. With WRANGLER_LOG=error, which a CI job sets to keep
# its output short, `wrangler d1 execute --json` runs the query, prints nothing at all and exits with 0. So a script that parses
# the answer finds an empty text where it expects rows, and takes a full database for an empty one. The text of
# `wrangler deploy` (its address, its size) vanishes with it.
#
# The guess was that --json writes data, which no log level touches. What it means here: whatever runs wrangler sets
# WRANGLER_LOG itself (src/tools/deploy/wrangler.ts).
#
# Seen on 2026-12-01, Node 24.21.0, wrangler 4.155.0:
#   WRANGLER_LOG=log    exit 0, 1 row
#   WRANGLER_LOG=error  exit 0, 0 bytes
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund node@24.21.0 wrangler@4.155.0
export PATH="$folder/node_modules/node/bin:$PATH" CI=1 WRANGLER_SEND_METRICS=false

cat >wrangler.toml <<'TOML'
name = "anything"
main = "index.js"
compatibility_date = "2026-10-01"
[[d1_databases]]
binding = "DB"
database_name = "anything"
database_id = "00000000-0000-4000-8000-000000000000"
TOML
echo 'export default { fetch: () => new Response() };' >index.js

query() {
  WRANGLER_LOG=$1 npx wrangler d1 execute DB --local --json --command 'SELECT 1 AS n' 2>/dev/null
}

shown=$(query log)
echo "WRANGLER_LOG=log    exit $?, $(node -e 'console.log(JSON.parse(process.argv[1])[0].results.length)' "$shown") row"
status=0
hidden=$(query error) || status=$?
echo "WRANGLER_LOG=error  exit $status, ${#hidden} bytes"

[[ "$status" == 0 && -z "$hidden" ]] || { echo 'this has changed' >&2; exit 1; }
