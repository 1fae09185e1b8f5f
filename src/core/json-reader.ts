/**
 * Reads what a request says as JSON (RFC 8259), and says of what is none where it is and what it is
 * about. Stricter than JSON.parse in one thing: two members of one name in an object, of which
 * JSON.parse drops one in silence, are refused (section 4: names should be unique). As a generator
 * it pauses while it reads, because a body may take longer than others should wait.
 */
import { exactNumber, exactNumberOf } from './json.ts';
import { JSON_DEPTH_MAX, JSON_SLICE_CHARS, SHOWN_VALUE_CHARS_MAX } from './limits.ts';
import { Slice } from './slices.ts';

export type JsonFault =
  | { reason: 'syntax' | 'depth'; message: string }
  | { reason: 'duplicate'; path: string }
  /** A number that would be another one from here on. */
  | { reason: 'rounded'; path: string; written: string };

export class JsonError extends Error {
  readonly fault: JsonFault;

  constructor(fault: JsonFault) {
    super('message' in fault ? fault.message : `${fault.path}: ${fault.reason}`);
    this.fault = fault;
  }
}

/** An object or list that is being read, and where in it. */
type Frame = { list: unknown[] } | { object: object; name: string };

/**
 * `exact`: numbers keep the digits with which they were written (json.ts). `double`: those that
 * would be rounded are refused. Throws JsonError.
 */
export function* readJson(text: string, numbers: 'exact' | 'double'): Generator<void, unknown> {
  const reader = new Reader(text, numbers);
  const slice = new Slice(JSON_SLICE_CHARS);
  let before = 0;
  while (!reader.isDone()) {
    reader.step();
    if (slice.isOver(reader.position - before)) yield;
    before = reader.position;
  }
  return reader.result;
}

const SPACE = /[ \t\n\r]*/y;
/** All of a text up to what ends it, escapes it, or is not allowed in it. */
const PLAIN_TEXT = /[ !#-[\]-\uffff]*/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
/**
 * What other languages write where JSON has no word. Only these are shown: anything else may be
 * payload.
 */
const FOREIGN_WORD = /(?:-?Infinity|-?NaN|nan|undefined|None|True|False|NULL|Null|nil)(?![A-Za-z0-9_])/y;
const LITERALS = [
  ['true', true],
  ['false', false],
  ['null', null],
] as const;
/** Digits that every double holds exactly. */
const SAFE_DIGITS = 15;

class Reader {
  readonly #text: string;
  readonly #numbers: 'exact' | 'double';
  readonly #frames: Frame[] = [];
  position = 0;
  result: unknown;
  #isRead = false;

  constructor(text: string, numbers: 'exact' | 'double') {
    this.#text = text;
    this.#numbers = numbers;
    this.#skipSpace();
  }

  isDone(): boolean {
    if (!this.#isRead) return false;
    if (this.position < this.#text.length) throw this.#wrong();
    return true;
  }

  /** Reads one value, or opens one, and what follows it. */
  step(): void {
    switch (this.#char() ?? '') {
      case '{':
        return this.#openObject();
      case '[':
        return this.#openList();
      case '"':
        return this.#put(this.#readText());
      default:
        return this.#put(this.#readScalar());
    }
  }

  #openObject(): void {
    this.#open({ object: {}, name: '' });
    if (this.#char() === '}') this.#close();
    else this.#readName();
  }

  #openList(): void {
    this.#open({ list: [] });
    if (this.#char() === ']') this.#close();
  }

  #open(frame: Frame): void {
    if (this.#frames.length >= JSON_DEPTH_MAX) {
      throw new JsonError({ reason: 'depth', message: `is nested more than ${JSON_DEPTH_MAX} levels deep` });
    }
    this.#frames.push(frame);
    this.position += 1;
    this.#skipSpace();
  }

  /** Takes the closing bracket. */
  #close(): void {
    const frame = this.#frames.pop();
    this.position += 1;
    this.#skipSpace();
    if (frame !== undefined) this.#place('list' in frame ? frame.list : frame.object);
    this.#goOn();
  }

  #put(value: unknown): void {
    this.#skipSpace();
    this.#place(value);
    this.#goOn();
  }

  #place(value: unknown): void {
    const frame = this.#frames.at(-1);
    if (frame === undefined) {
      this.result = value;
      this.#isRead = true;
    } else if ('list' in frame) frame.list.push(value);
    else if (frame.name === '__proto__') {
      Object.defineProperty(frame.object, frame.name, { value, writable: true, enumerable: true, configurable: true });
    } else Reflect.set(frame.object, frame.name, value);
  }

  /** After a value: to the next one, or out of what ends here. */
  #goOn(): void {
    const frame = this.#frames.at(-1);
    if (frame === undefined) return;
    const char = this.#char();
    const isList = 'list' in frame;
    if (char === ',') {
      this.position += 1;
      this.#skipSpace();
      if (isList) return;
      frame.name = '';
      this.#readName();
    } else if (char === (isList ? ']' : '}')) this.#close();
    else throw this.#wrong();
  }

  #readName(): void {
    const frame = this.#frames.at(-1);
    if (frame === undefined || 'list' in frame || this.#char() !== '"') throw this.#wrong();
    const name = this.#readText();
    frame.name = name;
    if (Object.hasOwn(frame.object, name)) throw new JsonError({ reason: 'duplicate', path: this.#path() });
    this.#skipSpace();
    if (this.#char() !== ':') throw this.#wrong();
    this.position += 1;
    this.#skipSpace();
  }

  #readText(): string {
    const from = this.position;
    let hasEscapes = false;
    this.position += 1;
    for (;;) {
      this.#skip(PLAIN_TEXT);
      const char = this.#char();
      if (char === '"') break;
      // An escape has two characters at least: the second is no end of the text.
      if (char !== '\\') throw this.#wrong();
      hasEscapes = true;
      this.position += 2;
    }
    this.position += 1;
    const written = this.#text.slice(from, this.position);
    return hasEscapes ? this.#unescaped(written, from) : written.slice(1, -1);
  }

  #unescaped(written: string, from: number): string {
    const fault = /\\(?:[^"\\/bfnrtu]|u(?![0-9a-fA-F]{4}))/.exec(written.replaceAll('\\\\', '__'));
    if (fault !== null) {
      this.position = from + fault.index;
      throw this.#wrong();
    }
    return String(JSON.parse(written));
  }

  #readScalar(): unknown {
    const whole = this.#readSafeInteger();
    if (whole !== null) return whole;
    for (const [word, value] of LITERALS) {
      if (!this.#text.startsWith(word, this.position)) continue;
      this.position += word.length;
      return value;
    }
    const from = this.position;
    this.#skip(NUMBER);
    if (this.position === from) throw this.#wrong();
    const written = this.#text.slice(from, this.position);
    const number = exactNumberOf(written);
    if (this.#numbers === 'exact') return number;
    const double = exactNumber(number);
    if (typeof double !== 'number') throw new JsonError({ reason: 'rounded', path: this.#path(), written });
    return double;
  }

  /** The usual number, without a text of its own. Null, and nothing read, where it is another. */
  #readSafeInteger(): number | null {
    let number = 0;
    let at = this.position;
    for (; at - this.position <= SAFE_DIGITS; at++) {
      const digit = this.#text.charCodeAt(at) - 48;
      if (!(digit >= 0 && digit <= 9)) break;
      number = number * 10 + digit;
    }
    const digits = at - this.position;
    const next = this.#text[at];
    const isOther = next === '.' || next === 'e' || next === 'E';
    if (digits === 0 || digits > SAFE_DIGITS || isOther) return null;
    if (digits > 1 && this.#char() === '0') return null;
    this.position = at;
    return number;
  }

  #char(): string | undefined {
    return this.#text[this.position];
  }

  #skipSpace(): void {
    const code = this.#text.charCodeAt(this.position);
    if (code <= 32) this.#skip(SPACE);
  }

  #skip(pattern: RegExp): void {
    pattern.lastIndex = this.position;
    if (pattern.test(this.#text)) this.position = pattern.lastIndex;
  }

  #wrong(): JsonError {
    if (this.position >= this.#text.length) return new JsonError({ reason: 'syntax', message: 'it ends too early' });
    FOREIGN_WORD.lastIndex = this.position;
    const word = FOREIGN_WORD.exec(this.#text)?.[0] ?? 'fault';
    const lines = this.#text.slice(0, this.position).split('\n');
    const column = (lines.at(-1)?.length ?? 0) + 1;
    const path = this.#path();
    const place = path === '' ? '' : `, in ${path}`;
    const at = `at position ${this.position} (line ${lines.length} column ${column})`;
    return new JsonError({ reason: 'syntax', message: `${word} ${at}${place}` });
  }

  /** `data.items.3.sku`, as other messages name a field. */
  #path(): string {
    const steps = this.#frames.map((frame) => ('list' in frame ? String(frame.list.length) : frame.name));
    return steps
      .filter((step) => step !== '')
      .map((step) => step.slice(0, SHOWN_VALUE_CHARS_MAX))
      .join('.');
  }
}
