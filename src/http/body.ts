/**
 * Reads a request's body: its size is bounded before it is read and while it is read, then its type, then its syntax.
 */
import type { HonoRequest } from 'hono';
import { Problem } from './problem.ts';

/** The body's text; 413 as soon as it is known to be larger, without reading the rest. */
export async function readText(request: HonoRequest, bytesMax: number): Promise<string> {
  const announced = Number(request.header('content-length') ?? '0');
  if (announced > bytesMax) throw tooLarge(announced, bytesMax);
  const { body } = request.raw;
  if (body === null) return '';

  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });
  const reader: ReadableStreamDefaultReader<Uint8Array> = body.getReader();
  let text = '';
  let bytes = 0;
  try {
    for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
      bytes += chunk.value.byteLength;
      if (bytes > bytesMax) {
        await reader.cancel();
        throw tooLarge(bytes, bytesMax);
      }
      text += decoder.decode(chunk.value, { stream: true });
    }
    return text + decoder.decode();
  } catch (error) {
    // A fatal decoder throws TypeError on bytes that are no UTF-8, which JSON must be (RFC 8259, section 8.1).
    if (error instanceof TypeError) throw new Problem('invalid-json', 'the body is not UTF-8 text');
    throw error;
  }
}

export function requireJsonType(request: HonoRequest): void {
  const type = request.header('content-type');
  if (type !== undefined && /^application\/([a-z.-]+\+)?json\s*(;|$)/i.test(type)) return;
  throw new Problem(
    'unsupported-media-type',
    type === undefined
      ? 'content-type must be application/json, but is missing'
      : `content-type must be application/json, but is ${type.slice(0, 80)}`,
  );
}

/** `parse` is JSON.parse or a stricter reader of the same texts. 400 with the position that V8 reports. */
export function parseJson(text: string, parse: (text: string) => unknown): unknown {
  if (text.trim() === '') throw new Problem('invalid-json', 'the body is empty, but must be a JSON object');
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof RangeError) throw new Problem('invalid-json', 'the body is nested too deeply');
    throw new Problem('invalid-json', `the body is not JSON: ${positionOf(error)}`);
  }
}

/** V8 quotes the text around the fault, which may be payload: only what went wrong and where is passed on. */
function positionOf(error: unknown): string {
  const message = error instanceof Error ? error.message : '';
  const at = /at position \d+( \(line \d+ column \d+\))?/.exec(message)?.[0];
  if (at !== undefined) return `fault ${at}`;
  return message.includes('end of JSON') ? 'it ends too early' : 'it starts or ends with something else';
}

function tooLarge(bytes: number, bytesMax: number): Problem {
  return new Problem('too-large', `the body may have at most ${bytesMax} bytes, but has ${bytes} or more`);
}
