/** Server-sent events of a watch by fetch, because a token may stand in no URL. */
import type { WatchDeps } from './watch-deps.ts';
import type { Connection } from './watch-socket.ts';

/** The service writes something each 15 s: after three of them the connection is dead. */
const SILENT_MS = 45_000;

export type EventStream = Connection & {
  /** Until it ends, is dropped, or was silent for too long. */
  read: (answer: Response, onStatus: (text: string) => void) => Promise<void>;
  signal: AbortSignal;
};

export function createEventStream({ after }: Pick<WatchDeps, 'after'>): EventStream {
  const abort = new AbortController();
  const drop = () => abort.abort();
  return {
    drop,
    // It cannot ask. To connect again costs little, and reads the present.
    probe: drop,
    signal: abort.signal,
    async read(answer, onStatus) {
      const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
      let cancel = after(SILENT_MS, drop);
      try {
        for (let text = ''; ;) {
          const { done = true, value = '' } = (await reader?.read()) ?? {};
          if (done || abort.signal.aborted) return;
          cancel();
          cancel = after(SILENT_MS, drop);
          const parts = (text + value).split('\n\n');
          text = parts.pop() ?? '';
          for (const part of parts) {
            const data = /^event: status\ndata: (.*)$/.exec(part)?.[1];
            if (data !== undefined) onStatus(data);
          }
        }
      } finally {
        cancel();
      }
    },
  };
}
