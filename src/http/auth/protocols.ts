/**
 * A browser cannot set a header of its WebSocket but the list of protocols, so a token may come
 * there. It is never answered: the one protocol that is answered is ours.
 */
import { LIVE_PROTOCOL, TOKEN_PROTOCOL } from '../../core/live.ts';
import { invalid } from '../problem.ts';

/** `token` null: none came so. Throws where one is offered alone: no answer would be right. */
export function protocolsOf({ headers }: Pick<Request, 'headers'>): { protocol: boolean; token: string | null } {
  if (headers.get('upgrade')?.toLowerCase() !== 'websocket') return { protocol: false, token: null };
  const offered = (headers.get('sec-websocket-protocol') ?? '').split(',').map((one) => one.trim());
  const protocol = offered.includes(LIVE_PROTOCOL);
  const token = offered.find((one) => one.startsWith(TOKEN_PROTOCOL))?.slice(TOKEN_PROTOCOL.length) ?? null;
  if (token !== null && !protocol) {
    const message = `must offer "${LIVE_PROTOCOL}" beside the token, which is never answered`;
    throw invalid([{ field: 'Sec-WebSocket-Protocol', message: `Sec-WebSocket-Protocol ${message}` }]);
  }
  return { protocol, token };
}
