/**
 * Svix's API with a few accounts, in the shapes of its own models: every field is there, lists come
 * in pages. `test:cli` lets the official library read it too, so that the fake cannot drift into a
 * shape that only we understand.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';

export const OLD_SECRET = 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD';
export const SVIX_TOKEN = 'testsk_fake.eu';
const at = { createdAt: '2025-01-01T00:00:00Z', updatedAt: '2025-01-02T00:00:00Z' };

type Endpoint = { endpoint: Record<string, unknown>; secret: string; headers: object; transformation?: object };
type Application = { application: Record<string, unknown>; endpoints: Endpoint[] };

const endpoint = (id: string, url: string, more: object = {}): Record<string, unknown> => ({
  id,
  url,
  description: '',
  uid: null,
  disabled: false,
  filterTypes: null,
  eventTypes: null,
  channels: null,
  throttleRate: null,
  metadata: {},
  ...at,
  ...more,
});
const noHeaders = { headers: {}, sensitive: [] };

/** `hook`: where its receivers are. */
export function svixData(hook: string): { applications: Application[]; eventTypes: Record<string, unknown>[] } {
  return {
    applications: [
      {
        application: { id: 'app_1', uid: 'initech', name: 'Initech', throttleRate: null, metadata: {}, ...at },
        endpoints: [
          {
            endpoint: endpoint('ep_crm', `${hook}/crm`, {
              description: 'CRM',
              eventTypes: ['invoice.paid'],
              filterTypes: ['invoice.paid'],
              throttleRate: 25,
            }),
            secret: OLD_SECRET,
            headers: { headers: { 'x-team': 'billing' }, sensitive: ['x-api-key'] },
          },
          {
            endpoint: endpoint('ep_erp', `${hook}/erp`, { uid: 'erp', channels: ['eu'] }),
            // As its API may answer it: without the prefix.
            secret: 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
            headers: noHeaders,
            transformation: { code: 'function handler(webhook) { return webhook }', enabled: true },
          },
        ],
      },
      {
        application: {
          id: 'app_2',
          uid: 'globex.eu',
          name: 'Globex',
          throttleRate: 100,
          metadata: { plan: 'pro' },
          ...at,
        },
        endpoints: [
          { endpoint: endpoint('ep_off', `${hook}/off`, { disabled: true }), secret: OLD_SECRET, headers: noHeaders },
        ],
      },
    ],
    eventTypes: [
      {
        name: 'invoice.paid',
        description: 'An invoice was paid',
        archived: false,
        deprecated: false,
        schemas: { '1': { type: 'object', properties: { amount: { type: 'integer' } } } },
        groupName: 'invoice',
        featureFlag: null,
        featureFlags: null,
        ...at,
      },
      {
        name: 'invoice.draft',
        description: '',
        archived: true,
        deprecated: false,
        schemas: null,
        featureFlag: 'beta',
        featureFlags: ['beta'],
        ...at,
      },
    ],
  };
}

/** One answer for each path, as `cli` takes them; lists one item a page. */
export function svixRoutes(hook: string): Record<string, unknown> {
  const { applications, eventTypes } = svixData(hook);
  const routes: Record<string, unknown> = {
    'GET /api/v1/app': pagesOf(applications.map(({ application }) => application)),
    'GET /api/v1/event-type': pagesOf(eventTypes),
  };
  for (const { application, endpoints } of applications) {
    const path = `/api/v1/app/${String(application['id'])}/endpoint`;
    routes[`GET ${path}`] = pagesOf(endpoints.map((one) => one.endpoint));
    for (const { endpoint: one, secret, headers, transformation } of endpoints) {
      routes[`GET ${path}/${String(one['id'])}/secret`] = { key: secret };
      routes[`GET ${path}/${String(one['id'])}/headers`] = headers;
      if (transformation !== undefined) routes[`GET ${path}/${String(one['id'])}/transformation`] = transformation;
    }
  }
  return routes;
}

type Page = { data: unknown[]; iterator: string | null; prevIterator: null; done: boolean };

function pagesOf(items: unknown[]): Page[] {
  return items.map((item, index) => {
    const done = index === items.length - 1;
    return { data: [item], iterator: done ? null : String(index + 1), prevIterator: null, done };
  });
}

/** The same on a socket. */
export async function openSvix(hook: string): Promise<{ origin: string; close: () => Promise<void> }> {
  const routes = svixRoutes(hook);
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://at');
    const answer = routes[`${request.method} ${decodeURIComponent(pathname)}`];
    const body = Array.isArray(answer) ? (answer as unknown[])[Number(searchParams.get('iterator') ?? 0)] : answer;
    const status = request.headers.authorization !== `Bearer ${SVIX_TOKEN}` ? 401 : body === undefined ? 404 : 200;
    response
      .writeHead(status, { 'content-type': 'application/json' })
      .end(JSON.stringify(status === 200 ? body : { code: 'x', detail: 'x' }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the fake has no port');
  return {
    origin: `http://127.0.0.1:${address.port}`,
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
