#!/usr/bin/env bash
# svix (npm) 1.99.1 and 2.5.0, seen 2026-11-30: the same path, two names for what an endpoint wants.
#
# Between the two the libraries renamed an endpoint's `filterTypes` to `eventTypes`. Both ask the
# same path, /api/v1/app/{app}/endpoint, so nothing in the URL tells a server which name is meant.
# A server that answers the older name (the one that the 1.x libraries know) is read by 2.5.0
# without an error, and an endpoint that asked for one type looks like one that asked for all:
# `eventTypes` is undefined, which means "every type". Writing is the same the other way round: 2.5.0
# sends `eventTypes` alone, which a server of the older name passes over.
#
# The guess was that the newer library reads both names, or fails on the one that it does not know.
# What it means here: whoever reads endpoints of Svix (an import, an audit) reads both names, and
# does not take "no types" for an answer from a library of another generation than the server.
#
# Output seen:
#   1.99.1 reads filterTypes ["invoice.paid"]
#   2.5.0 reads eventTypes undefined, filterTypes undefined
#   1.99.1 creates with {"filterTypes":["invoice.paid"],"url":"https://example.com/hook"}
#   2.5.0 creates with {"url":"https://example.com/hook","eventTypes":["invoice.paid"]}
#   as seen on 2026-11-30
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund svix1@npm:svix@1.99.1 svix2@npm:svix@2.5.0

cat >ask.mjs <<'JS'
import { createServer } from 'node:http';

const at = { createdAt: '2026-01-01T00:00:00Z', updatedAt: '2026-01-01T00:00:00Z' };
const endpoint = { id: 'ep_1', url: 'https://example.com/hook', version: 1, description: '', metadata: {}, filterTypes: ['invoice.paid'], ...at };
const created = [];
const server = createServer(async (request, response) => {
  let body = '';
  for await (const chunk of request) body += chunk;
  if (request.method === 'POST') created.push(body);
  const answer = request.method === 'POST' ? endpoint : { data: [endpoint], iterator: null, prevIterator: null, done: true };
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
}).listen(0, '127.0.0.1');
await new Promise((resolve) => server.once('listening', resolve));
const serverUrl = `http://127.0.0.1:${server.address().port}`;

const { Svix: Svix1 } = (await import('svix1')).default ?? (await import('svix1'));
const { Svix: Svix2 } = await import('svix2');
const one = new Svix1('testsk_x', { serverUrl });
const two = new Svix2('testsk_x', { serverUrl });
const [of1] = (await one.endpoint.list('app_1')).data;
const [of2] = (await two.endpoint.list('app_1')).data;
await one.endpoint.create('app_1', { url: endpoint.url, filterTypes: ['invoice.paid'] });
await two.endpoint.create('app_1', { url: endpoint.url, eventTypes: ['invoice.paid'] });
server.close();
console.log(`1.99.1 reads filterTypes ${JSON.stringify(of1.filterTypes)}`);
console.log(`2.5.0 reads eventTypes ${JSON.stringify(of2.eventTypes)}, filterTypes ${JSON.stringify(of2.filterTypes)}`);
console.log(`1.99.1 creates with ${created[0]}`);
console.log(`2.5.0 creates with ${created[1]}`);
const isSame =
  of1.filterTypes?.length === 1 &&
  of2.eventTypes === undefined &&
  of2.filterTypes === undefined &&
  created[0].includes('filterTypes') &&
  created[1].includes('eventTypes') &&
  !created[1].includes('filterTypes');
console.log(isSame ? 'as seen on 2026-11-30' : 'CHANGED since 2026-11-30');
process.exitCode = isSame ? 0 : 1;
JS
node ask.mjs
