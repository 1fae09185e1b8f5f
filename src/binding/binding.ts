/**
 * L5: the service binding (client/client.ts says what it promises). It authorizes nothing itself:
 * each call goes through the typed client to the app's own `fetch`, in this process, with the key
 * of its caller.
 */
import { WorkerEntrypoint } from 'cloudflare:workers';
import { type BindingCaller, type BindingEvent, createClient, type TubepostBinding } from '../client/client.ts';

/** The app takes the path alone; a URL needs a host. */
const ORIGIN = 'https://tubepost.internal';

type Api<B> = (request: Request, env: B, ctx: ExecutionContext) => Response | Promise<Response>;

/** The class that the Worker exports as its entrypoint. `api`: the API, in this process. */
export function createBinding<B>(api: Api<B>) {
  return class Tubepost extends WorkerEntrypoint<B> implements TubepostBinding {
    async publish(caller: BindingCaller, event: BindingEvent) {
      const path = { account: caller.account };
      return clientOf(api, this.env, this.ctx, caller).call('publishEvent', { path, body: event });
    }

    async publishBatch(caller: BindingCaller, events: BindingEvent[]) {
      const path = { account: caller.account };
      return clientOf(api, this.env, this.ctx, caller).call('publishEvents', { path, body: { events } });
    }

    async status(caller: BindingCaller, record: string) {
      const path = { account: caller.account };
      return clientOf(api, this.env, this.ctx, caller).call('getRecordByKey', { path, query: { key: record } });
    }
  };
}

/** Once: who calls repeats, and knows for how long it may. */
function clientOf<B>(api: Api<B>, env: B, ctx: ExecutionContext, { key, traceparent }: BindingCaller) {
  return createClient({
    origin: ORIGIN,
    key,
    triesMax: 1,
    fetch: async (url, init) => {
      const request = new Request(url, init);
      if (traceparent !== undefined) request.headers.set('traceparent', traceparent);
      return api(request, env, ctx);
    },
  });
}
