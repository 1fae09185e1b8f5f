#!/usr/bin/env bash
# `createMcpHandler` of the official MCP server package with `responseMode: 'json'` ("never stream")
# still answers 2025-era requests as `text/event-stream`: the option reaches requests of the 2026-07-28
# revision alone. The guess was one JSON body for every request. The same handler refuses every
# 2025-era request whose Accept lacks either type, with 406.
#
# What it means here: `curl` against /mcp shows an event stream, docs and tests read both, and nothing
# in front of the service may take `responseMode` as a promise about its content type.
#
# @modelcontextprotocol/server 2.4.0, Node 20 and 24. Output seen on 2026-12-01:
#   ping of 2025-06-18: 200 text/event-stream
#   the same, Accept: application/json: 406 application/json
# Needs node and npm. Ends with 1 if any of this has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent @modelcontextprotocol/server@2.4.0 zod@4.6.7 >/dev/null
cat >ask.mjs <<'JS'
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';

const handler = createMcpHandler(() => new McpServer({ name: 'finding', version: '1' }, { capabilities: { tools: {} } }), {
  responseMode: 'json',
});
const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' });
for (const [what, accept] of [
  ['ping of 2025-06-18', 'application/json, text/event-stream'],
  ['the same, Accept: application/json', 'application/json'],
]) {
  const headers = { 'content-type': 'application/json', accept, 'mcp-protocol-version': '2025-06-18' };
  const response = await handler.fetch(new Request('http://localhost/mcp', { method: 'POST', headers, body }));
  console.log(`${what}: ${response.status} ${response.headers.get('content-type')}`);
}
JS
node ask.mjs | tee seen.txt
diff seen.txt - <<'TEXT'
ping of 2025-06-18: 200 text/event-stream
the same, Accept: application/json: 406 application/json
TEXT
