/** What just happened, or why something is not there, and what to do about it. */
import type { Child } from 'hono/jsx';

type Kind = 'done' | 'problem' | 'info';
const WORDS: Record<Kind, string> = { done: 'Done', problem: 'Problem', info: 'Note' };

/** Words name its kind too, for readers who see no colour. */
export function Notice({ kind, title, children }: { kind: Kind; title: string; children?: Child }) {
  return (
    <div class={`notice ${kind}`} role={kind === 'problem' ? 'alert' : 'status'}>
      <p>
        <span class="hidden">{WORDS[kind]}: </span>
        <strong>{title}</strong>
      </p>
      {children === undefined || children === null ? null : <div>{children}</div>}
    </div>
  );
}

/** Where a list has nothing: what that means, and what to do next. */
export function Empty({ title, children }: { title: string; children?: Child }) {
  return (
    <div class="empty">
      <p>
        <strong>{title}</strong>
      </p>
      {children}
    </div>
  );
}
