/** The Chrome DevTools protocol of workerd's inspector, as far as a profile needs it. */
import { z } from 'zod';

const Targets = z.array(z.object({ id: z.string(), webSocketDebuggerUrl: z.string() }));
const Answer = z.object({ id: z.number().optional(), result: z.unknown().optional(), error: z.unknown().optional() });

export const Profiled = z.object({
  profile: z.object({
    nodes: z.array(
      z.object({
        id: z.number(),
        callFrame: z.object({
          functionName: z.string(),
          url: z.string(),
          lineNumber: z.number(),
          columnNumber: z.number(),
        }),
        children: z.array(z.number()).optional(),
      }),
    ),
    samples: z.array(z.number()),
    /** Microseconds before each sample. */
    timeDeltas: z.array(z.number()),
  }),
});
export type Profile = z.output<typeof Profiled>['profile'];

export type Inspector = { call: (method: string, params?: object) => Promise<unknown> };

export async function openInspector(port: number): Promise<Inspector> {
  const answer = await fetch(`http://127.0.0.1:${port}/json`);
  const [target] = Targets.parse(await answer.json());
  if (target === undefined) throw new Error('the inspector lists no Worker');
  const socket = new WebSocket(target.webSocketDebuggerUrl);
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve, { once: true });
    socket.addEventListener('error', () => reject(new Error('the inspector takes no connection')), { once: true });
  });
  const waiting = new Map<number, (answer: z.output<typeof Answer>) => void>();
  socket.addEventListener('message', ({ data }) => {
    const message = Answer.parse(JSON.parse(String(data)));
    waiting.get(message.id ?? -1)?.(message);
  });
  let calls = 0;
  return {
    call: (method, params = {}) => {
      calls += 1;
      const id = calls;
      socket.send(JSON.stringify({ id, method, params }));
      return new Promise((resolve, reject) =>
        waiting.set(id, ({ result, error }) =>
          error === undefined ? resolve(result) : reject(new Error(`${method}: ${JSON.stringify(error)}`)),
        ),
      );
    },
  };
}
