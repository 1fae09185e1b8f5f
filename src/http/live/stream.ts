/**
 * A viewer by server-sent events, for those who cannot open a WebSocket. Its object stays awake for
 * it, so it ends soon and its client asks again. What it has not taken is not sent: the stream says
 * when there is room.
 */
import { STREAM_COMMENT_MS, STREAM_LIFE_MS } from '../../core/limits.ts';
import type { CloseReason, ViewerFacts } from '../../core/live.ts';
import { type ShownStatus, textOf, type Viewer } from './viewer.ts';

const encoder = new TextEncoder();
/** How soon the client is to ask again. */
const RETRY_MS = 1_000;

export class StreamViewer implements Viewer {
  readonly facts: ViewerFacts;
  lookAtMs: number | null = null;
  readonly body: ReadableStream<Uint8Array>;
  #controller: ReadableStreamDefaultController<Uint8Array> | null = null;
  #hasMissed = false;
  readonly #timers: ReturnType<typeof setTimeout>[] = [];

  /**
   * `on.ready`: it takes more, and has missed something. `on.left`: it has ended, whoever ended it.
   */
  constructor(facts: ViewerFacts, nowMs: number, on: { ready(viewer: Viewer): void; left(viewer: Viewer): void }) {
    this.facts = facts;
    this.body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#controller = controller;
        this.#write(`retry: ${RETRY_MS}\n\n`);
      },
      pull: () => {
        if (!this.#hasMissed) return;
        this.#hasMissed = false;
        on.ready(this);
      },
      cancel: () => this.#end(),
    });
    this.#left = () => on.left(this);
    this.#timers.push(setInterval(() => this.#write(': here\n\n'), STREAM_COMMENT_MS));
    this.#timers.push(setTimeout(() => this.close('renew'), STREAM_LIFE_MS));
    if (facts.endsAtMs - nowMs < STREAM_LIFE_MS) {
      this.#timers.push(setTimeout(() => this.close(facts.endReason), Math.max(0, facts.endsAtMs - nowMs)));
    }
  }

  readonly #left: () => void;

  show(shown: ShownStatus): boolean {
    if ((this.#controller?.desiredSize ?? 0) <= 0) {
      this.#hasMissed = true;
      return false;
    }
    this.#write(`event: status\ndata: ${textOf(this, shown, null)}\n\n`);
    return true;
  }

  close(reason: CloseReason): void {
    if (this.#controller === null) return;
    this.#write(`event: end\ndata: ${JSON.stringify({ reason })}\n\n`);
    this.#controller.close();
    this.#end();
  }

  #end(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#controller = null;
    this.#left();
  }

  #write(text: string): void {
    this.#controller?.enqueue(encoder.encode(text));
  }
}
