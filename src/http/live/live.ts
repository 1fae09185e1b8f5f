/**
 * The Durable Object that holds all live connections of one account (L1). It reads what it shows
 * and stores nothing but its alarm; it sleeps while nothing changes, its WebSockets open. Shards
 * say which records have changed, the Account and the Gates that all may have; time is its alarm's:
 * what becomes late, who must leave, and a look at everything now and then.
 */
import { DurableObject } from 'cloudflare:workers';
import { retryable } from 'cloudflare:durable-objects';
import { rfc3339 } from '../../core/body.ts';
import { parseLiveName, recordId } from '../../core/ids.ts';
import { VIEWER_MESSAGE_BYTES_MAX, VIEWERS_REFRESH_MS } from '../../core/limits.ts';
import { type CloseReason, LIVE_PROTOCOL, nextLateMs, PING, PONG } from '../../core/live.ts';
import type { LiveRpc } from '../../core/rpc.ts';
import type { Bindings } from '../../env.ts';
import { recordHash } from '../../lookup/address.ts';
import { endOf, knownById } from '../auth/known-keys.ts';
import { settingsCacheOf } from '../context.ts';
import { refusalOf, requestOf } from './request.ts';
import { type Newcomers, Rounds } from './rounds.ts';
import { SocketViewer } from './socket.ts';
import { Statuses } from './statuses.ts';
import { StreamViewer } from './stream.ts';
import type { Viewer } from './viewer.ts';
import { Viewers } from './viewers.ts';
import { logLine } from '../../log-line.ts';

export class Live extends DurableObject<Bindings> implements LiveRpc {
  readonly #account: string;
  readonly #viewers = new Viewers();
  readonly #sockets = new Map<string, SocketViewer>();
  readonly #statuses: Statuses;
  readonly #rounds: Rounds;
  #armedAtMs: number | null = null;
  #refreshesAtMs = -Infinity;

  static {
    retryable(this.prototype.changed, this.prototype.settingsChanged);
  }

  constructor(ctx: DurableObjectState, env: Bindings) {
    super(ctx, env);
    const name = parseLiveName(ctx.id.name ?? '');
    if (name === null) throw new Error('a Live is addressed by liveName() of core/ids.ts');
    this.#account = name.account;
    this.#statuses = new Statuses(env);
    this.#rounds = new Rounds({
      nowMs: () => Date.now(),
      wait,
      keep: (work) => this.ctx.waitUntil(work),
      show: (round) => this.#show(round),
      gaveUp: (round, error) => this.#gaveUp(round, error),
    });
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair(PING, PONG));
    void ctx.blockConcurrencyWhile(async () => {
      this.#armedAtMs = await ctx.storage.getAlarm();
      for (const socket of ctx.getWebSockets()) await this.#found(socket);
    });
  }

  async #found(socket: WebSocket): Promise<void> {
    const [tag = ''] = this.ctx.getTags(socket);
    const viewer = SocketViewer.found(socket);
    this.#sockets.set(tag, viewer);
    this.#viewers.add(viewer, await idsOf(viewer.facts.records));
  }

  /** A viewer: 101 or a stream; or a refusal, which the Worker answers as a problem. */
  override async fetch(request: Request): Promise<Response> {
    const { facts, protocol, isStream } = requestOf(request);
    const ids = await idsOf(facts.records);
    const full = this.#viewers.full(facts, ids, isStream);
    if (full !== null) return refusalOf(full);
    return isStream ? this.#openStream(facts, ids) : this.#openSocket(facts, ids, protocol);
  }

  #openSocket(facts: Viewer['facts'], ids: string[], protocol: boolean): Response {
    const [client, server] = Object.values(new WebSocketPair());
    if (client === undefined || server === undefined) throw new Error('a WebSocketPair has two ends');
    const tag = crypto.randomUUID();
    this.ctx.acceptWebSocket(server, [tag]);
    const viewer = SocketViewer.of(server, facts, Date.now());
    this.#sockets.set(tag, viewer);
    this.#joined(viewer, ids);
    this.#arm(viewer.nextMs());
    const headers = protocol ? { 'sec-websocket-protocol': LIVE_PROTOCOL } : {};
    return new Response(null, { status: 101, webSocket: client, headers });
  }

  #openStream(facts: Viewer['facts'], ids: string[]): Response {
    const viewer = new StreamViewer(facts, Date.now(), {
      ready: (one) => this.#rounds.want(ids, new Set([one])),
      left: (one) => this.#viewers.delete(one),
    });
    this.#joined(viewer, ids);
    const headers = { 'content-type': 'text/event-stream', 'cache-control': 'no-store' };
    return new Response(viewer.body, { headers });
  }

  #joined(viewer: Viewer, ids: string[]): void {
    this.#viewers.add(viewer, ids);
    this.#rounds.want(ids, new Set([viewer]));
  }

  async changed(records: string[]): Promise<string[]> {
    const { viewed = [], not = [] } = Object.groupBy(records, (id) => (this.#viewers.has(id) ? 'viewed' : 'not'));
    this.#rounds.want(viewed);
    return not;
  }

  /** At once; and however often it is said, all are read again twice a second at most. */
  async settingsChanged(): Promise<void> {
    if (this.#viewers.size === 0 || this.#refreshesAtMs > Date.now()) return;
    const inMs = Math.max(0, this.#refreshesAtMs + VIEWERS_REFRESH_MS - Date.now());
    this.#refreshesAtMs = Date.now() + inMs;
    if (inMs > 0) await wait(inMs);
    this.#rounds.want(this.#viewers.records());
  }

  override async webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): Promise<void> {
    const viewer = this.#sockets.get(this.ctx.getTags(socket)[0] ?? '');
    if (viewer === undefined) return;
    const number = numberOf(message);
    const hasMissed = number === null ? null : viewer.acknowledge(number);
    if (hasMissed === null) this.#close(viewer, 'bad-message');
    else if (hasMissed) this.#rounds.want(this.#viewers.idsOf(viewer), new Set([viewer]));
  }

  /** Its close is answered, but not with its code: some may not be sent. */
  override async webSocketClose(socket: WebSocket): Promise<void> {
    this.#left(socket);
    socket.close();
  }

  override async webSocketError(socket: WebSocket): Promise<void> {
    this.#left(socket);
  }

  #left(socket: WebSocket): void {
    const [tag = ''] = this.ctx.getTags(socket);
    const viewer = this.#sockets.get(tag);
    this.#sockets.delete(tag);
    if (viewer !== undefined) this.#viewers.delete(viewer);
  }

  /** Whatever fails is logged: the platform drops an alarm that fails too often. */
  override async alarm(): Promise<void> {
    this.#armedAtMs = null;
    try {
      const nowMs = Date.now();
      for (const socket of this.ctx.getWebSockets()) {
        const viewer = this.#sockets.get(this.ctx.getTags(socket)[0] ?? '');
        if (viewer === undefined) continue;
        if (viewer.nextMs() > nowMs) this.#arm(viewer.nextMs());
        else this.#due(viewer, nowMs, this.ctx.getWebSocketAutoResponseTimestamp(socket)?.getTime() ?? null);
      }
      // An object without any storage costs nothing.
      if (this.#sockets.size === 0) await this.ctx.storage.deleteAll();
    } catch (error) {
      this.#failed('alarm', error);
    }
  }

  #due(viewer: SocketViewer, nowMs: number, pingedAtMs: number | null): void {
    const due = viewer.due(nowMs, pingedAtMs);
    if (due !== null && due !== 'look') return this.#close(viewer, due);
    // What is told of a record is told to all who view it; who has seen it already is not told
    // again.
    if (due === 'look') this.#rounds.want(this.#viewers.idsOf(viewer));
    this.#arm(viewer.nextMs());
  }

  /**
   * Later than what is armed is left alone: an alarm that is early costs less than one that is
   * moved.
   */
  #arm(atMs: number): void {
    if (this.#armedAtMs !== null && this.#armedAtMs <= atMs) return;
    this.#armedAtMs = atMs;
    void this.ctx.storage.setAlarm(Math.max(atMs, Date.now() + 1));
  }

  async #show(round: Map<string, Newcomers>): Promise<void> {
    const known = await settingsCacheOf(this.env).fresh(this.#account, Date.now());
    const settings = known?.settings ?? null;
    this.#closeWhere((viewer) => viewer.facts.accountCreatedAtMs !== settings?.createdAtMs, 'account-removed');
    if (settings === null) return;
    await this.#closeEnded(round);
    const keys = this.#viewers.keysOf(round.keys());
    const read = await this.#statuses.read(settings, keys);
    const at = rfc3339(Date.now());
    for (const [id, one] of read) {
      const record = keys.get(id) ?? '';
      const lookAtMs = one === null ? null : nextLateMs(one.view, settings.targets, Date.now());
      const isNew = this.#viewers.noteShown(id, one?.asOf ?? null, lookAtMs);
      for (const viewer of this.#viewers.of(id)) {
        if (!isNew && round.get(id)?.has(viewer) !== true) continue;
        viewer.show({ at, record, status: one?.status ?? null });
      }
    }
    for (const id of read.keys()) for (const viewer of this.#viewers.of(id)) this.#look(viewer);
  }

  #look(viewer: Viewer): void {
    viewer.lookAtMs = this.#viewers.lookAtMs(viewer);
    if (viewer instanceof SocketViewer) this.#arm(viewer.nextMs());
  }

  /**
   * A key that is revoked ends what it opened, before anything more is shown. Throws where the key
   * store does not answer.
   */
  async #closeEnded(round: Map<string, Newcomers>): Promise<void> {
    const viewers = [...round.keys()].flatMap((id) => [...this.#viewers.of(id)]);
    for (const key of new Set(viewers.map(({ facts }) => facts.key))) {
      if (key === null) continue;
      const row = await knownById(this.env, key);
      if (row !== null && endOf(row, Date.now()) === null) continue;
      this.#closeWhere((viewer) => viewer.facts.key === key, 'token-ended');
    }
  }

  #closeWhere(isOver: (viewer: Viewer) => boolean, reason: CloseReason): void {
    for (const viewer of this.#viewers.all()) if (isOver(viewer)) this.#close(viewer, reason);
  }

  #close(viewer: Viewer, reason: CloseReason): void {
    this.#viewers.delete(viewer);
    for (const [tag, socket] of this.#sockets) if (socket === viewer) this.#sockets.delete(tag);
    viewer.close(reason);
  }

  /**
   * A viewer that waits for its first status would never get it; the others see the next change.
   */
  #gaveUp(round: Map<string, Newcomers>, error: unknown): void {
    this.#failed('show', error);
    for (const newcomers of round.values()) for (const viewer of newcomers) this.#close(viewer, 'unavailable');
  }

  #failed(step: string, error: unknown): void {
    const { message } = error instanceof Error ? error : new Error(String(error));
    logLine('error', 'live step failed', { step, account: this.#account, error: message });
  }
}

/** How Shards name them. */
function idsOf(keys: readonly string[]): Promise<string[]> {
  return Promise.all(keys.map(async (key) => recordId({ kind: 'k', hash: await recordHash(key) })));
}

/** Of `{"ack": 7}`, the only thing that a viewer says. */
function numberOf(message: string | ArrayBuffer): number | null {
  if (typeof message !== 'string' || message.length > VIEWER_MESSAGE_BYTES_MAX) return null;
  const number = /^\s*\{\s*"ack"\s*:\s*(\d{1,9})\s*\}\s*$/.exec(message)?.[1];
  return number === undefined ? null : Number(number);
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
