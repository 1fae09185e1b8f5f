/**
 * Redis, by node-redis or ioredis. Each step is one Lua script, so it is atomic. A handler that
 * writes to this Redis adds its commands (`tx.add`): they run in the script that remembers the id.
 * What it writes elsewhere is not in one transaction with it: a crash in between does that work
 * again.
 * All keys have one hash tag, so a cluster keeps them in one slot; the keys of added commands must
 * carry it too. Redis that loses its memory (no AOF, a failover that loses the last second,
 * eviction) forgets ids and versions.
 */
import { type Claimed, type LeaseOptions, type Leases, leasedStore } from './leases.ts';
import type { Claim, Store } from './store.ts';

/**
 * A script with its keys and arguments. Made by `nodeRedis` or `ioredis`: the clients take them in
 * different forms.
 */
export type RedisEval = (script: string, keys: string[], args: string[]) => Promise<unknown>;

export function nodeRedis(client: {
  eval(script: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>;
}): RedisEval {
  return (script, keys, args) => client.eval(script, { keys, arguments: args });
}

export function ioredis(client: {
  eval(script: string, numberOfKeys: number, ...keysAndArguments: string[]): Promise<unknown>;
}): RedisEval {
  return (script, keys, args) => client.eval(script, keys.length, ...keys, ...args);
}

export type RedisTx = {
  /**
   * Like `tx.add('SET', 'key', 'value')`: runs with the memory of the id. Redis rolls nothing back:
   * add what cannot fail.
   */
  add(...command: [string, ...string[]]): void;
};

export type RedisOptions = LeaseOptions & {
  /** `{tubepost}:` unless set. */
  prefix?: string;
  /**
   * For how long a version and a position are remembered after their last event; 90 days unless
   * set.
   */
  recordMs?: number;
  /**
   * A command that takes longer fails, because clients wait for a lost connection without an end;
   * 2,000 unless set.
   */
  timeoutMs?: number;
};

const PREFIX = '{tubepost}:';
const RECORD_MS = 90 * 24 * 3_600_000;
const TIMEOUT_MS = 2_000;

export function redisStore(run: RedisEval, options: RedisOptions = {}): Store<RedisTx> {
  const { prefix = PREFIX, recordMs = RECORD_MS, timeoutMs = TIMEOUT_MS } = options;
  return leasedStore(
    new RedisLeases((script, keys, args) => within(run(script, keys, args), timeoutMs), prefix, recordMs),
    options,
  );
}

/**
 * An id's key holds the token of who works on it, and `done` and that token afterwards. So whoever
 * sends a command again, because its answer was lost (ioredis does so by itself), gets the first
 * answer again.
 * What remembers ids and positions, as a function of both scripts: KEYS from `first` on are the
 * position and the ids.
 */
const REMEMBER = `
local function remember(first, token, ms, sequence, record_ms)
  if sequence ~= '' then
    local old = tonumber(redis.call('GET', KEYS[first]) or 0)
    redis.call('SET', KEYS[first], string.format('%.0f', math.max(old, tonumber(sequence))), 'PX', record_ms)
  end
  for i = first + 1, #KEYS do redis.call('SET', KEYS[i], 'done' .. token, 'PX', ms) end
end
`;

/**
 * KEYS: lock, version, position, id, further ids. ARGV: token, lease, version or '', sequence or
 * '', memory, memory of records.
 */
const CLAIM = `${REMEMBER}
local token, version = ARGV[1], ARGV[3]
local held = redis.call('GET', KEYS[4])
if held and string.sub(held, 1, 4) == 'done' then return {'duplicate'} end
if held and held ~= token then return {'busy', redis.call('PTTL', KEYS[4])} end
if version ~= '' then
  local lock = redis.call('GET', KEYS[1])
  if lock and lock ~= token then return {'busy', redis.call('PTTL', KEYS[1])} end
  local newest = redis.call('GET', KEYS[2])
  if newest and tonumber(newest) > tonumber(version) then
    remember(3, token, ARGV[5], ARGV[4], ARGV[6])
    return {'stale', newest}
  end
  redis.call('SET', KEYS[1], token, 'PX', ARGV[2])
end
redis.call('SET', KEYS[4], token, 'PX', ARGV[2])
return {'claimed'}
`;

/**
 * KEYS and ARGV as above, but without a lease; then each command: how many words, and the words. A
 * lease that ran out and that nobody took is as good as held, unless a newer version was committed
 * meanwhile.
 */
const COMMIT = `${REMEMBER}
local token, version = ARGV[1], ARGV[3]
local held = redis.call('GET', KEYS[4])
if held == 'done' .. token then return 1 end
if held and held ~= token then return 0 end
if version ~= '' then
  local lock = redis.call('GET', KEYS[1])
  if lock and lock ~= token then return 0 end
  local newest = redis.call('GET', KEYS[2])
  if newest and tonumber(newest) > tonumber(version) then return 0 end
end
local at = 7
while at <= #ARGV do
  local words = tonumber(ARGV[at])
  redis.call(unpack(ARGV, at + 1, at + words))
  at = at + 1 + words
end
if version ~= '' then
  redis.call('SET', KEYS[2], version, 'PX', ARGV[6])
  redis.call('DEL', KEYS[1])
end
remember(3, token, ARGV[5], ARGV[4], ARGV[6])
return 1
`;

/** KEYS: lock, id. ARGV: token. */
const RELEASE = `
for i = 1, 2 do
  if redis.call('GET', KEYS[i]) == ARGV[1] then redis.call('DEL', KEYS[i]) end
end
return 1
`;

const READ = `return redis.call('GET', KEYS[1])`;

type Tx = RedisTx & { commands: string[][] };

class RedisLeases implements Leases<Tx> {
  readonly #run: RedisEval;
  readonly #prefix: string;
  readonly #recordMs: number;

  constructor(run: RedisEval, prefix: string, recordMs: number) {
    this.#run = run;
    this.#prefix = prefix;
    this.#recordMs = recordMs;
  }

  begin(): Tx {
    const commands: string[][] = [];
    return { commands, add: (...command) => void commands.push(command) };
  }

  async claim(claim: Claim, token: string, leaseMs: number): Promise<Claimed> {
    const answer = await this.#run(CLAIM, this.#keysOf(claim), this.#argumentsOf(claim, token, leaseMs));
    const [kind, value] = Array.isArray(answer) ? answer.map(String) : [];
    if (kind === 'claimed' || kind === 'duplicate') return { kind };
    if (kind === 'stale') return { kind, version: Number(value) };
    if (kind === 'busy') return { kind, leaseMs: Math.max(Number(value), 0) };
    throw new Error(`Redis answered ${String(answer).slice(0, 80)} to a claim`);
  }

  async commit(claim: Claim, token: string, { commands }: Tx): Promise<boolean> {
    const words = commands.flatMap((command) => [String(command.length), ...command]);
    const args = [...this.#argumentsOf(claim, token, 0), ...words];
    return Number(await this.#run(COMMIT, this.#keysOf(claim), args)) === 1;
  }

  async release({ ids, guard }: Claim, token: string): Promise<void> {
    await this.#run(RELEASE, [this.#key('lock', guard?.key ?? ''), this.#key('seen', ids[0])], [token]);
  }

  async knows(id: string): Promise<boolean> {
    return String(await this.#run(READ, [this.#key('seen', id)], [])).startsWith('done');
  }

  async positionOf(key: string): Promise<number | null> {
    const sequence = await this.#run(READ, [this.#key('position', key)], []);
    return typeof sequence === 'string' ? Number(sequence) : null;
  }

  #keysOf({ ids, guard, position }: Claim): string[] {
    return [
      this.#key('lock', guard?.key ?? ''),
      this.#key('version', guard?.key ?? ''),
      this.#key('position', position?.key ?? ''),
      ...ids.map((id) => this.#key('seen', id)),
    ];
  }

  #argumentsOf({ rememberMs, guard, position }: Claim, token: string, leaseMs: number): string[] {
    const [version, sequence] = [guard?.version ?? '', position?.sequence ?? ''];
    return [token, leaseMs, version, sequence, rememberMs, this.#recordMs].map(String);
  }

  #key(kind: 'lock' | 'version' | 'position' | 'seen', name: string): string {
    return `${this.#prefix}${kind}:${name}`;
  }
}

function within<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`Redis did not answer within ${timeoutMs} ms`)), timeoutMs);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
