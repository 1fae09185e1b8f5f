/** One WebSocket of a watch: offers the token, pings, and says once that it is lost. */
import type { WatchDeps } from './watch-deps.ts';

const PROTOCOL = 'tubepost.live.v1';
const TOKEN_PROTOCOL = 'tubepost.token.';
/** The service closes a connection that has sent none within two minutes. */
const PING_MS = 30_000;
/** No answer to a ping within this time: the connection is dead, whatever the browser thinks. */
const PONG_MS = 10_000;
const OPEN_MS = 10_000;

/** A way to the service that is open or being opened. */
export type Connection = {
  /** Ends it without a word: `onLost` is not called. */
  drop: () => void;
  /** Finds out soon whether anybody is still there. */
  probe: () => void;
};

export type SocketEvents = {
  onOpen: () => void;
  /** Answers the number that the service waits for, or null. */
  onMessage: (text: string) => number | null;
  /** At most once, and last. `code`: of the close, or null where it never opened or went silent. */
  onLost: (code: number | null, wasOpen: boolean) => void;
};

export function openSocket(
  { open, after }: Pick<WatchDeps, 'open' | 'after'>,
  url: string,
  token: string,
  { onOpen, onMessage, onLost }: SocketEvents,
): Connection {
  const socket = open(url, [PROTOCOL, TOKEN_PROTOCOL + token]);
  let isOpen = false;
  let isOver = false;
  let isAwaitingPong = false;
  let cancel = after(OPEN_MS, () => lost(null));

  function drop(): void {
    isOver = true;
    cancel();
    if (socket.readyState <= 1) socket.close();
  }
  function lost(code: number | null): void {
    if (isOver) return;
    drop();
    onLost(code, isOpen);
  }
  function ping(): void {
    isAwaitingPong = true;
    socket.send('ping');
    cancel = after(PONG_MS, () => lost(null));
  }
  function heard(): void {
    isAwaitingPong = false;
    cancel();
    cancel = after(PING_MS, ping);
  }

  socket.addEventListener('open', () => {
    if (isOver) return;
    isOpen = true;
    onOpen();
    heard();
  });
  socket.addEventListener('message', ({ data }) => {
    if (isOver) return;
    heard();
    if (data === 'pong') return;
    const ack = onMessage(String(data));
    if (ack !== null) socket.send(JSON.stringify({ ack }));
  });
  socket.addEventListener('close', ({ code }) => lost(code));
  socket.addEventListener('error', () => lost(null));

  return {
    drop,
    probe: () => {
      if (!isOpen || isOver || isAwaitingPong) return;
      cancel();
      ping();
    },
  };
}
