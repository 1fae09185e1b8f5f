/**
 * A page of the publisher's product, under a strict Content-Security-Policy: "Saved", and beside it
 * what became of each record.
 */
import { createServer, type Server } from 'node:http';
import { blocksOf } from '../papers/blocks.ts';

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

/** What docs/live.md shows: the script and an element, and the program that sets its texts. */
function shown(language: 'html' | 'js'): string {
  const block = blocksOf('docs/live.md').find((one) => one.language === language && one.marks[0] === 'element');
  if (block === undefined) throw new Error(`docs/live.md shows no ${language} of the element`);
  return block.code;
}

export const ELEMENT_PROGRAM = shown('js');

function pageOf(origin: string, lines: Line[]): string {
  const [script = '', element = ''] = shown('html').trim().split('\n');
  const rows = lines.map(
    ({ record, title, account, token }) =>
      `<p>${title}<br>${element.replace('acme', account).replace('subscription/sub_81', record).replace('tbr_…', token)}</p>`,
  );
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="color-scheme" content="light dark">
<meta name="viewport" content="width=device-width"><title>Saved, and then?</title>
${script.replace('https://tubepost.example.com', origin)}</head><body><main><h1>Saved, and then?</h1>
${rows.join('\n')}</main></body></html>`;
}
