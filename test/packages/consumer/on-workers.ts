/** The bindings of Workers fit the kit's interfaces. */
import { DurableObject } from 'cloudflare:workers';
import { createReceiver } from '@tubepost/receiver';
import { d1Store } from '@tubepost/receiver/d1';
import { durableObjectStore } from '@tubepost/receiver/durable-object';
import { kvStore } from '@tubepost/receiver/kv';
import { fetchHandler } from '@tubepost/receiver/web';

type Env = { DB: D1Database; KV: KVNamespace; SECRET: string };

export class Orders extends DurableObject<Env> {
  readonly #receive = fetchHandler(
    createReceiver({
      secrets: [this.env.SECRET],
      store: durableObjectStore(this.ctx.storage),
      handle: (event) => void this.ctx.storage.sql.exec('INSERT INTO orders VALUES (?)', event.id),
    }),
  );

  override fetch(request: Request): Promise<Response> {
    return this.#receive(request);
  }
}

export default {
  fetch: (request: Request, env: Env) =>
    fetchHandler(
      createReceiver({
        secrets: [env.SECRET],
        store: d1Store(env.DB),
        handle: (event, tx) => tx.add(env.DB.prepare('INSERT INTO orders VALUES (?)').bind(event.id)),
      }),
    )(request),
  weak: (env: Env) => kvStore(env.KV),
};
