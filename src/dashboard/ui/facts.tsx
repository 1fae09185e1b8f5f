/** Names and values, as a definition list. */
import type { Child } from 'hono/jsx';

/** A value of null is left out: an absent fact is no fact. */
export function Facts({ of }: { of: readonly (readonly [name: string, value: Child | null])[] }) {
  return (
    <dl class="facts">
      {of
        .filter(([, value]) => value !== null)
        .map(([name, value]) => (
          <div>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}

/** Text of a machine, with a button that copies it; without script the button is not there. */
export function Copyable({ text, isBlock = false }: { text: string; isBlock?: boolean }) {
  const copy = (
    <button type="button" class="plain copy" data-copy hidden>
      Copy
    </button>
  );
  if (!isBlock) {
    return (
      <span class="copyable">
        <code>{text}</code>
        {copy}
      </span>
    );
  }
  return (
    <div class="copyable block">
      <pre tabindex={0}>
        <code>{text}</code>
      </pre>
      {copy}
    </div>
  );
}
