/**
 * The one way to send in an isolate: vault and URL policy from the vars, the runtime's fetch and clock, and one structured log
 * line for each attempt. Never a secret, a key, a header value or a payload in it (S3).
 */
import type { AttemptOutcome } from '../core/outcome.ts';
import type { AttemptRequest } from '../core/rpc.ts';
import { send, type SendDeps } from './send.ts';
import { createVault, type MasterKey } from './vault.ts';

export type SenderVars = {
  masterKey: MasterKey;
  masterKeysOld: readonly MasterKey[];
  allowPrivate: boolean;
  serviceHosts: readonly string[];
};
export type Sender = (request: AttemptRequest) => Promise<AttemptOutcome>;

export function createSender(
  vars: SenderVars,
  runtime: Pick<SendDeps, 'fetch' | 'nowMs'>,
  log: (line: string) => void,
): Sender {
  const { masterKey, masterKeysOld, allowPrivate, serviceHosts } = vars;
  const vault = createVault(masterKey, masterKeysOld);
  const deps: SendDeps = { ...runtime, vault, urlPolicy: { allowPrivate, serviceHosts } };
  return async (request) => {
    const outcome = await send(request, deps);
    log(attemptLine(request, outcome));
    return outcome;
  };
}

function attemptLine(
  { account, delivery, endpoint, eventId, attempt }: AttemptRequest,
  outcome: AttemptOutcome,
): string {
  return JSON.stringify({
    message: 'attempt',
    account,
    delivery,
    endpoint: endpoint.id,
    event: eventId,
    attempt,
    statusCode: outcome.statusCode,
    error: outcome.error?.kind ?? null,
    latencyMs: outcome.latencyMs,
    ...(outcome.isRepeated === true ? { isRepeated: true } : {}),
  });
}
