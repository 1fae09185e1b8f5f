/**
 * Sends spans to the collector that the operator names, beside the log and after it: a publish
 * waits for none of this, and the log neither. Bounded everywhere; what is not sent is dropped and
 * counted, never kept.
 */
import { SPAN_EXPORT_MS_MAX, SPAN_EXPORTS_MAX, SPAN_PAUSE_MS, SPANS_PER_EXPORT_MAX } from '../core/limits.ts';
import { otlpBody, type Span } from '../core/spans.ts';

/** `headers`: for its authentication. */
export type Collector = { url: string; headers: Readonly<Record<string, string>> };
export type ExportDeps = {
  fetch: (url: string, init: RequestInit) => Promise<Response>;
  nowMs: () => number;
  version: string;
  /** Never rejects. */
  countDropped: (spans: number, why: string) => Promise<void>;
};

export class SpanExport {
  #underWay = 0;
  /** After a failure: until then spans are dropped at once, and no request waits. */
  #pausedUntilMs = 0;

  /** Never rejects. */
  async send(spans: readonly Span[], collector: Collector, deps: ExportDeps): Promise<void> {
    if (spans.length === 0) return;
    const sent = spans.slice(0, SPANS_PER_EXPORT_MAX);
    if (spans.length > sent.length) await deps.countDropped(spans.length - sent.length, 'more than one request holds');
    if (deps.nowMs() < this.#pausedUntilMs) return deps.countDropped(sent.length, 'the collector failed a moment ago');
    if (this.#underWay >= SPAN_EXPORTS_MAX) return deps.countDropped(sent.length, 'too many requests are under way');
    this.#underWay += 1;
    try {
      const why = await post(sent, collector, deps);
      if (why === null) return;
      this.#pausedUntilMs = deps.nowMs() + SPAN_PAUSE_MS;
      await deps.countDropped(sent.length, why);
    } finally {
      this.#underWay -= 1;
    }
  }
}

/** Null: it has them. */
async function post(spans: readonly Span[], { url, headers }: Collector, deps: ExportDeps): Promise<string | null> {
  try {
    const response = await deps.fetch(url, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: otlpBody(spans, deps.version),
      redirect: 'manual',
      signal: AbortSignal.timeout(SPAN_EXPORT_MS_MAX),
    });
    await response.body?.cancel();
    return response.ok ? null : `the collector answered ${response.status}`;
  } catch (error) {
    return `the collector did not answer (${error instanceof Error ? error.name : 'unknown'})`;
  }
}
