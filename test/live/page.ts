/** A page of the publisher's product, under a strict Content-Security-Policy: "Saved", and beside it what became of each record. */
import { createServer, type Server } from 'node:http';

export type Line = { record: string; title: string; account: string; token: string };

/** `port`: its own. `origin`: of the service. The lines may come later than the server. */
export function servePage(port: number, origin: string, linesOf: () => Line[]): Promise<Server> {
  const socket = origin.replace(/^http/, 'ws');
  const policy = `default-src 'none'; script-src ${origin}; connect-src ${origin} ${socket}; base-uri 'none'`;
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy });
    response.end(pageOf(origin, linesOf()));
  });
  return new Promise((resolve) => server.listen(port, '127.0.0.1', () => resolve(server)));
}

function pageOf(origin: string, lines: Line[]): string {
  const rows = lines.map(
    ({ record, title, account, token }) =>
      `<p>${title}<br><tubepost-status account="${account}" record="${record}" token="${token}"></tubepost-status></p>`,
  );
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="color-scheme" content="light dark">
<meta name="viewport" content="width=device-width"><title>Saved, and then?</title>
<script src="${origin}/elements/status.js"></script></head><body><main><h1>Saved, and then?</h1>
${rows.join('\n')}</main></body></html>`;
}
