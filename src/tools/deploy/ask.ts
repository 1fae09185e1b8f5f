/** Asks on a terminal for what nobody may read over a shoulder, or later in its scrollback. */
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';

/** Shows nothing of what is typed. Rejects on Ctrl+C and where the input ends. */
export function askHidden(
  input: NodeJS.ReadableStream,
  output: NodeJS.WritableStream,
  question: string,
): Promise<string> {
  output.write(question);
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  // As a terminal, readline turns off the echo and writes each key itself: to nowhere.
  const terminal = createInterface({ input, output: nowhere, terminal: true });
  return new Promise<string>((resolve, reject) => {
    terminal.once('line', resolve);
    terminal.once('close', () => reject(new Error('stopped: nothing was answered')));
  }).finally(() => {
    terminal.close();
    output.write('\n');
  });
}
