/** The publisher and the receiver as processes of their own, from their parent's side. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { type Arrivals, FromReceiver, type Plan, Sent, type ToReceiver } from './messages.ts';

/** Resolves when the last request has its answer, or will have none. */
export async function publishBy(plan: Plan): Promise<Sent> {
  const child = forked('publisher-program.ts');
  child.send(plan);
  const [message] = await once(child, 'message');
  return Sent.parse(message);
}

export class Receiver {
  readonly #child: ChildProcess;
  readonly origin: string;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.origin = `http://127.0.0.1:${port}`;
  }

  static async start(): Promise<Receiver> {
    const child = forked('receiver-program.ts');
    const [message] = await once(child, 'message');
    const first = FromReceiver.parse(message);
    if (!('port' in first)) throw new Error('the receiver first says where it listens');
    return new Receiver(child, first.port);
  }

  /** Requests since the last `take`. */
  async count(): Promise<number> {
    const answer = await this.#ask('count');
    return 'count' in answer ? answer.count : 0;
  }

  /** And forgets them. */
  async take(): Promise<Arrivals> {
    const answer = await this.#ask('take');
    if (!('arrivals' in answer)) throw new Error('the receiver answers "take" with arrivals');
    return answer.arrivals;
  }

  stop(): void {
    this.#child.kill();
  }

  async #ask(question: ToReceiver): Promise<FromReceiver> {
    this.#child.send(question);
    const [message] = await once(this.#child, 'message');
    return FromReceiver.parse(message);
  }
}

function forked(program: string): ChildProcess {
  const child = fork(join(import.meta.dirname, program));
  const end = () => child.kill();
  process.once('exit', end);
  child.once('exit', () => process.off('exit', end));
  return child;
}
