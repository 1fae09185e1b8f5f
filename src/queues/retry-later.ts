/** When a message that could not be stored comes back: later with each try. */
import { LOG_RETRY_SECONDS_MAX, LOG_RETRY_SECONDS_MIN } from '../core/limits.ts';

export function retryLater(message: Message): void {
  const delaySeconds = Math.min(LOG_RETRY_SECONDS_MIN * 2 ** (message.attempts - 1), LOG_RETRY_SECONDS_MAX);
  message.retry({ delaySeconds });
}
