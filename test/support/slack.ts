/**
 * What a Slack incoming webhook answers, as its documentation tells (sources:
 * src/core/alert-slack.ts), and stricter where that leaves room: a member that we have no reason to
 * send, or a control character of its markup that nobody escaped, is refused too.
 */
const TEXT_CHARS_MAX = 40_000;

export type SlackAnswer = { status: number; body: string };

export function slackAnswer({ headers, body }: { headers: Record<string, string>; body: string }): SlackAnswer {
  if (!/^application\/json\b/.test(headers['content-type'] ?? '')) return refused('invalid_payload');
  const message = parsed(body);
  if (typeof message !== 'object' || message === null || Array.isArray(message)) return refused('invalid_payload');
  const { text, ...others } = message as { text?: unknown };
  if (Object.keys(others).length > 0) return refused('invalid_payload');
  if (typeof text !== 'string' || text.trim() === '') return refused('no_text');
  if (text.length > TEXT_CHARS_MAX) return refused('msg_too_long');
  if (/[<>]|&(?!(?:amp|lt|gt);)/.test(text)) return refused('invalid_payload: a control character is not escaped');
  return { status: 200, body: 'ok' };
}

function refused(body: string): SlackAnswer {
  return { status: 400, body };
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    // What is no JSON is answered like anything else that is no message.
    return null;
  }
}
