/** What a viewer's connection is to the rest: a WebSocket (socket.ts) or a stream (stream.ts). */
import type { CloseReason, ViewerFacts } from '../../core/live.ts';
import { forCustomer, type showRecord } from '../render.ts';

/** `at`: when it was true. */
export type ShownStatus = { at: string; record: string; status: ReturnType<typeof showRecord> | null };

export interface Viewer {
  readonly facts: ViewerFacts;
  /**
   * When its records are looked at again though nobody says that they changed; null: they need not
   * be.
   */
  lookAtMs: number | null;
  /** False: it is not ready for more, and says when it is. */
  show(shown: ShownStatus): boolean;
  close(reason: CloseReason): void;
}

export function textOf({ facts }: Pick<Viewer, 'facts'>, shown: ShownStatus, ask: number | null): string {
  const { status } = shown;
  const cut = status === null || !facts.isRecordToken ? status : forCustomer(status);
  return JSON.stringify({ type: 'status', ...shown, status: cut, ...(ask === null ? {} : { ack: ask }) });
}
