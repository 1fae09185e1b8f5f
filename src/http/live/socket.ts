/**
 * A viewer by WebSocket. Its object forgets everything when it hibernates, so all that is known of
 * a viewer is attached to the socket itself, of which the platform keeps 16 KB: keys as UTF-8,
 * which 50 of the longest take 13 of.
 */
import { z } from 'zod';
import { acknowledged, CLOSE_CODES, type CloseReason, NOTHING_UNREAD, type Reading, sent } from '../../core/live.ts';
import type { ViewerFacts } from '../../core/live.ts';
import { VIEWER_SILENT_MS, VIEWERS_LOOK_MS } from '../../core/limits.ts';
import { type ShownStatus, textOf, type Viewer } from './viewer.ts';

const attachment = z.object({
  keys: z.custom<Uint8Array<ArrayBuffer>>((keys) => keys instanceof Uint8Array),
  key: z.string().nullable(),
  endsAtMs: z.number(),
  endReason: z.enum(['token-ended', 'renew']),
  accountCreatedAtMs: z.number(),
  isRecordToken: z.boolean(),
  reading: z.object({
    unreadBytes: z.number(),
    asked: z.object({ number: z.number(), byMs: z.number() }).nullable(),
    count: z.number(),
  }),
  hasMissed: z.boolean(),
  lookAtMs: z.number().nullable(),
  checkAtMs: z.number(),
  openedAtMs: z.number(),
});
type Attachment = z.output<typeof attachment>;

/** No key has a control character. */
const BETWEEN = '\n';
const encoder = new TextEncoder();

export class SocketViewer implements Viewer {
  readonly facts: ViewerFacts;
  readonly #socket: WebSocket;
  readonly #keys: Uint8Array<ArrayBuffer>;
  #reading: Reading;
  /** Something changed while it was not ready. */
  #hasMissed: boolean;
  #lookAtMs: number | null;
  #checkAtMs: number;
  readonly #openedAtMs: number;

  constructor(socket: WebSocket, given: Attachment) {
    const { keys, reading, hasMissed, lookAtMs, checkAtMs, openedAtMs, ...facts } = given;
    this.#socket = socket;
    this.#keys = keys;
    this.facts = { ...facts, records: new TextDecoder().decode(keys).split(BETWEEN) };
    this.#reading = reading;
    this.#hasMissed = hasMissed;
    this.#lookAtMs = lookAtMs;
    this.#checkAtMs = checkAtMs;
    this.#openedAtMs = openedAtMs;
  }

  /** A new one. */
  static of(socket: WebSocket, { records, ...facts }: ViewerFacts, nowMs: number): SocketViewer {
    const keys = new Uint8Array(encoder.encode(records.join(BETWEEN)));
    const times = { lookAtMs: null, checkAtMs: nextCheckMs(nowMs), openedAtMs: nowMs };
    const viewer = new SocketViewer(socket, { ...facts, keys, reading: NOTHING_UNREAD, hasMissed: false, ...times });
    viewer.#save();
    return viewer;
  }

  /** One that this instance has not met yet. */
  static found(socket: WebSocket): SocketViewer {
    return new SocketViewer(socket, attachment.parse(socket.deserializeAttachment()));
  }

  get lookAtMs(): number | null {
    return this.#lookAtMs;
  }

  set lookAtMs(atMs: number | null) {
    if (this.#lookAtMs === atMs) return;
    this.#lookAtMs = atMs;
    this.#save();
  }

  show(shown: ShownStatus): boolean {
    if (this.#reading.asked !== null) {
      this.#hasMissed = true;
      this.#save();
      return false;
    }
    // Its size is known once it is made, and whether it asks is part of it: the number adds some
    // bytes that are not counted.
    const plain = textOf(this, shown, null);
    const { reading, ask } = sent(this.#reading, plain.length, Date.now());
    this.#socket.send(ask === null ? plain : textOf(this, shown, ask));
    this.#reading = reading;
    this.#save();
    return true;
  }

  /**
   * True: it has read everything, and missed something meanwhile. Null: it says what it was not
   * asked.
   */
  acknowledge(number: number): boolean | null {
    const reading = acknowledged(this.#reading, number);
    if (reading === null) return null;
    const hasMissed = this.#hasMissed;
    this.#reading = reading;
    this.#hasMissed = false;
    this.#save();
    return hasMissed;
  }

  close(reason: CloseReason): void {
    this.#socket.close(CLOSE_CODES[reason], reason);
  }

  /** When it is to be looked at by itself. */
  nextMs(): number {
    const { asked } = this.#reading;
    return Math.min(this.facts.endsAtMs, this.#lookAtMs ?? Infinity, asked?.byMs ?? Infinity, this.#checkAtMs);
  }

  /**
   * At `nextMs()`: why it ends; or whether its records are to be looked at. `pingedAtMs`: null, if
   * never.
   */
  due(nowMs: number, pingedAtMs: number | null): CloseReason | 'look' | null {
    const { asked } = this.#reading;
    if (this.facts.endsAtMs <= nowMs) return this.facts.endReason;
    if (asked !== null && asked.byMs <= nowMs) return 'too-slow';
    const isChecked = this.#checkAtMs <= nowMs;
    if (isChecked) {
      if (nowMs - (pingedAtMs ?? this.#openedAtMs) > VIEWER_SILENT_MS) return 'too-slow';
      this.#checkAtMs = nextCheckMs(nowMs);
    }
    const isLook = isChecked || (this.#lookAtMs ?? Infinity) <= nowMs;
    if (isLook) this.#lookAtMs = null;
    this.#save();
    return isLook ? 'look' : null;
  }

  #save(): void {
    const { records: _, ...facts } = this.facts;
    const saved: Attachment = {
      ...facts,
      keys: this.#keys,
      reading: this.#reading,
      hasMissed: this.#hasMissed,
      lookAtMs: this.#lookAtMs,
      checkAtMs: this.#checkAtMs,
      openedAtMs: this.#openedAtMs,
    };
    this.#socket.serializeAttachment(saved);
  }
}

/** The same moments for all viewers of an object, so that it wakes once for them. */
function nextCheckMs(nowMs: number): number {
  return (Math.floor(nowMs / VIEWERS_LOOK_MS) + 1) * VIEWERS_LOOK_MS;
}
