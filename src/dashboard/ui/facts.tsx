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
  return (
    <span class={isBlock ? 'copyable block' : 'copyable'}>
      {isBlock ? (
        <pre tabindex={0}>
          <code>{text}</code>
        </pre>
      ) : (
        <code>{text}</code>
      )}
      <button type="button" class="plain copy" data-copy hidden>
        Copy
      </button>
    </span>
  );
}
