#!/usr/bin/env bash
# `wrangler` (4.155.0) starts its real program as a child and passes on its exit code, but a child that a signal ended has no
# code, and `bin/wrangler.js` makes that a 0. A `wrangler deploy` that the kernel's out-of-memory killer, or a CI job's limit,
# ends in the middle has therefore succeeded: the next step of the job runs against a Worker that was never uploaded.
#
# The guess was 137, or any failure, as from npx, npm and env around the same program. What it means here: `npm run deploy`
# runs wrangler-dist/cli.js itself (src/tools/deploy/wrangler.ts), and takes a signal for a failure.
#
# Seen on 2026-12-01, Node 24.21.0, wrangler 4.155.0:
#   bin/wrangler.js deploy, its program killed while it builds: exit 0, nothing built
#   wrangler-dist/cli.js deploy, killed at the same moment: exit 137
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund node@24.21.0 wrangler@4.155.0
export PATH="$folder/node_modules/node/bin:$PATH" CI=1 WRANGLER_SEND_METRICS=false

# The build says that it has begun, and then waits to be killed.
cat >wrangler.toml <<'TOML'
name = "anything"
main = "index.js"
compatibility_date = "2026-10-01"
[build]
command = "touch begun && sleep 20"
TOML
echo 'export default { fetch: () => new Response() };' >index.js

# $1: the file to run; $2: "child" where the program to kill is its child.
deploy_killed() {
  rm -rf begun out
  node "node_modules/wrangler/$1" deploy --dry-run --outdir out >/dev/null 2>&1 &
  local started=$! victim status=0
  while [[ ! -e begun ]]; do sleep 0.1; done
  victim=$started
  if [[ "$2" == child ]]; then victim=$(pgrep -P "$started" -f wrangler-dist/cli.js); fi
  kill -KILL "$victim"
  wait "$started" 2>/dev/null || status=$?
  echo "$status"
}

wrapped=$(deploy_killed bin/wrangler.js child)
built=$([[ -e out ]] && echo something || echo nothing)
echo "bin/wrangler.js deploy, its program killed while it builds: exit $wrapped, $built built"
direct=$(deploy_killed wrangler-dist/cli.js self)
echo "wrangler-dist/cli.js deploy, killed at the same moment: exit $direct"

[[ "$wrapped" == 0 && "$built" == nothing && "$direct" == 137 ]] || { echo 'this has changed' >&2; exit 1; }
