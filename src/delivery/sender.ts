/**
 * The one way to send in an isolate: vault and URL policy from the vars, the runtime's fetch and
 * clock, and one structured log line for each attempt. Never a secret, a key, a header value or a
 * payload in it (S3).
 */
import type { AttemptOutcome } from '../core/outcome.ts';
import type { AttemptRequest } from '../core/rpc.ts';
import { notSent, send, type SendDeps } from './send.ts';
import { createVault, type MasterKey } from './vault.ts';

export type SenderVars = {
  masterKey: MasterKey;
  masterKeysOld: readonly MasterKey[];
  allowPrivate: boolean;
  serviceHosts: readonly string[];
};
export type Sender = (request: AttemptRequest) => Promise<AttemptOutcome>;

/**
 * `readVars` throws, with a sentence that names variables, where they are wrong: then nothing is
 * sent, and the outcome says so.
 */
export function createSender(
  readVars: () => SenderVars,
  runtime: Pick<SendDeps, 'fetch' | 'nowMs'>,
  log: (message: string, facts: Record<string, unknown>) => void,
): Sender {
  let known: SendDeps | null = null;
  const sendOrNot = async (request: AttemptRequest) => {
    try {
      known ??= depsOf(readVars(), runtime);
    } catch (error) {
      // Told as ours, and tried again by an instance that has other variables.
      const nowMs = runtime.nowMs();
      return notSent(`the service is ${error instanceof Error ? error.message : 'misconfigured'}`, nowMs, nowMs);
    }
    return send(request, known);
  };
  return async (request) => {
    const outcome = await sendOrNot(request);
    log('attempt', factsOf(request, outcome));
    return outcome;
  };
}

function depsOf(vars: SenderVars, runtime: Pick<SendDeps, 'fetch' | 'nowMs'>): SendDeps {
  const { masterKey, masterKeysOld, allowPrivate, serviceHosts } = vars;
  return { ...runtime, vault: createVault(masterKey, masterKeysOld), urlPolicy: { allowPrivate, serviceHosts } };
}

function factsOf({ account, delivery, endpoint, eventId, attempt }: AttemptRequest, outcome: AttemptOutcome) {
  return {
    account,
    delivery,
    endpoint: endpoint.id,
    event: eventId,
    attempt,
    statusCode: outcome.statusCode,
    error: outcome.error?.kind ?? null,
    // Of ours, an operator needs to know the cause: it holds no text of a receiver.
    ...(outcome.error?.kind === 'not-sent' ? { level: 'error', why: outcome.error.message } : {}),
    latencyMs: outcome.latencyMs,
    ...(outcome.isRepeated === true ? { isRepeated: true } : {}),
  };
}
