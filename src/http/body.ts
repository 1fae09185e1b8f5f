/**
 * Reads a request's body: its size is bounded before it is read and while it is read, then its
 * type, then its syntax.
 */
import type { HonoRequest } from 'hono';
import { JsonError, type JsonFault, readJson } from '../core/json-reader.ts';
import { shown, shownNumber } from '../core/text.ts';
import { inTurns } from '../delivery/turns.ts';
import { invalid, Problem } from './problem.ts';

/**
 * Used whole, never as a stream: it keeps nothing of a body. Throws TypeError on bytes that are no
 * UTF-8.
 */
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });

/** The body's text; 413 as soon as it is known to be larger, without reading the rest. */
export async function readText(request: HonoRequest, bytesMax: number): Promise<string> {
  const announced = Number(request.header('content-length') ?? '0');
  if (announced > bytesMax) throw tooLarge(announced, bytesMax);
  refuseCoding(request);
  const { body } = request.raw;
  if (body === null) return '';
  const bytes = await readBytes(body, bytesMax);
  try {
    return decoder.decode(bytes);
  } catch {
    // JSON must be UTF-8 (RFC 8259, section 8.1).
    throw new Problem('invalid-json', 'the body is not UTF-8 text');
  }
}

/** Reads no further than the chunk that is too much. */
async function readBytes(body: ReadableStream<Uint8Array>, bytesMax: number): Promise<Uint8Array> {
  const reader = body.getReader();
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
    bytes += chunk.value.byteLength;
    if (bytes > bytesMax) {
      await reader.cancel();
      throw tooLarge(bytes, bytesMax);
    }
    chunks.push(chunk.value);
  }
  const [first = new Uint8Array(), ...others] = chunks;
  return others.length === 0 ? first : joined(chunks, bytes);
}

function joined(chunks: Uint8Array[], bytes: number): Uint8Array {
  const all = new Uint8Array(bytes);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.byteLength;
  }
  return all;
}

export function requireJsonType(request: HonoRequest): void {
  const type = request.header('content-type');
  if (type !== undefined && /^application\/([a-z.-]+\+)?json\s*(;|$)/i.test(type)) return;
  throw new Problem(
    'unsupported-media-type',
    type === undefined
      ? 'content-type must be application/json, but is missing'
      : `content-type must be application/json, but is ${shown(type)}`,
  );
}

/**
 * A compressed body is 415 (RFC 9110, 15.5.16): read as text it would be no UTF-8, which does not
 * say why.
 */
function refuseCoding(request: HonoRequest): void {
  const coding = request.header('content-encoding');
  if (coding === undefined || /^\s*identity\s*$/i.test(coding)) return;
  const detail = `content-encoding must be left out, for bodies are taken as they are; got ${shown(coding)}`;
  throw new Problem('unsupported-media-type', detail, { headers: { 'accept-encoding': 'identity' } });
}

/** `exact`: numbers keep their digits (core/json.ts). 400 with what is wrong and where. */
export async function parseJson(text: string, numbers: 'exact' | 'double'): Promise<unknown> {
  if (text.trim() === '') throw new Problem('invalid-json', 'the body is empty, but must be a JSON object');
  try {
    return await inTurns(readJson(text, numbers));
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    throw problemOf(error.fault);
  }
}

function problemOf(fault: JsonFault): Problem {
  switch (fault.reason) {
    case 'syntax':
      return new Problem('invalid-json', `the body is not JSON: ${fault.message}`);
    case 'depth':
      return new Problem('invalid-json', `the body ${fault.message}`);
    case 'duplicate': {
      const message = `${fault.path} is there twice: an object must name each member once (RFC 8259, section 4)`;
      return invalid([{ field: fault.path, message }]);
    }
    case 'rounded': {
      const [field, written] = [fault.path || 'body', shownNumber(fault.written)];
      const message = `${field} must be a number that a double holds; ${written} would become ${Number(fault.written)}`;
      return invalid([{ field, message }]);
    }
  }
}

function tooLarge(bytes: number, bytesMax: number): Problem {
  return new Problem('too-large', `the body may have at most ${bytesMax} bytes, but has ${bytes} or more`);
}
