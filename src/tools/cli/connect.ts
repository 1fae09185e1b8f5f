/**
 * Which service, with which key, for which account: from options, then the environment, then what
 * `npm start` prints.
 */
import type { Command } from 'commander';
import { type Client, createClient } from '../../client/client.ts';
import { EXIT, Failure } from './exit.ts';
import type { Io } from './io.ts';
import { parseExact } from '../../client/exact-json.ts';
import { createPrint, type Print } from './print.ts';

export const LOCAL_URL = 'http://127.0.0.1:8787';
/**
 * Published with the local service: it opens nothing else, because no other service starts with it.
 */
const LOCAL_KEY = 'tubepost_local_admin_key';
const LOCAL_HOSTS: readonly string[] = ['127.0.0.1', 'localhost', '[::1]'];

/** A person waits: a service that is down is said within seconds. */
const TRIES_MAX = 3;

type Shared = { url?: string; key?: string; account?: string; json?: boolean };

/** What every command has. `account` is asked for only by those that need one. */
export type Context = {
  io: Io;
  print: Print;
  origin: string;
  /** Its calls end with Ctrl+C. */
  client: Client;
  /** The same for what must be put back at the end, also after Ctrl+C. */
  lasting: Client;
  /** Throws a Failure where none is named. */
  account: () => string;
  /** Null where none is named: then a list is over all accounts. */
  accountIfAny: () => string | null;
};

export function connect(io: Io, command: Command): Context {
  const shared: Shared = command.optsWithGlobals();
  const origin = originOf(shared.url ?? setting(io, 'TUBEPOST_URL') ?? LOCAL_URL);
  const key = shared.key ?? setting(io, 'TUBEPOST_KEY') ?? localKey(origin);
  const accountIfAny = () => shared.account ?? setting(io, 'TUBEPOST_ACCOUNT') ?? null;
  const options = { origin, key, parse: parseExact, triesMax: TRIES_MAX };
  return {
    io,
    print: createPrint(io, shared.json === true),
    origin,
    client: createClient({
      ...options,
      sleep: io.sleep,
      fetch: (url, init) =>
        io.fetch(url, { ...init, signal: AbortSignal.any([io.signal, ...(init.signal ? [init.signal] : [])]) }),
    }),
    lasting: createClient({ ...options, fetch: io.fetch }),
    accountIfAny,
    account: () => {
      const account = accountIfAny();
      if (account !== null) return account;
      throw new Failure(EXIT.usage, 'which account? Give --account <id>, or set TUBEPOST_ACCOUNT');
    },
  };
}

function setting(io: Io, name: string): string | undefined {
  const value = io.env[name];
  return value === '' ? undefined : value;
}

/** A key would leave in a header of plain HTTP: only to this machine. */
function originOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') {
    throw new Failure(EXIT.usage, `--url must be like ${LOCAL_URL} or https://tubepost.example.com; got "${text}"`);
  }
  if (url.protocol === 'http:' && !isLocal(url)) {
    throw new Failure(
      EXIT.usage,
      `--url must be https for another machine, because the key travels with it; got "${text}"`,
    );
  }
  return url.origin;
}

function isLocal({ hostname }: URL): boolean {
  return LOCAL_HOSTS.includes(hostname);
}

function localKey(origin: string): string {
  if (isLocal(new URL(origin))) return LOCAL_KEY;
  throw new Failure(
    EXIT.usage,
    `which key? Give --key, or set TUBEPOST_KEY (which no process list shows), for ${origin}`,
  );
}
