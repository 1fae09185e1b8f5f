/** What a watch runs on: in a browser, in Node from 22, and in tests. */
export type WatchDeps = {
  open(url: string, protocols: string[]): WebSocket;
  fetch(url: string, init: RequestInit): Promise<Response>;
  nowMs(): number;
  random(): number;
  /** Answers what cancels it. */
  after(ms: number, call: () => void): () => void;
  /** Calls when the machine may have woken, or is online again. Answers what cancels it. */
  onWake(call: () => void): () => void;
};

/** A timer that comes much too late: the machine slept. */
const TICK_MS = 5_000;
const SLEPT_MS = 15_000;

export const browserDeps: WatchDeps = {
  open: (url, protocols) => new WebSocket(url, protocols),
  fetch: (url, init) => fetch(url, init),
  nowMs: () => Date.now(),
  random: Math.random,
  after: (ms, call) => {
    const timer = setTimeout(call, ms);
    return () => clearTimeout(timer);
  },
  onWake: (call) => {
    let lastMs = Date.now();
    const timer = setInterval(() => {
      const sleptMs = Date.now() - lastMs;
      lastMs = Date.now();
      if (sleptMs > SLEPT_MS) call();
    }, TICK_MS);
    const target = globalThis as { addEventListener?: (type: string, call: () => void) => void };
    target.addEventListener?.('online', call);
    return () => {
      clearInterval(timer);
      (globalThis as { removeEventListener?: typeof target.addEventListener }).removeEventListener?.('online', call);
    };
  },
};
