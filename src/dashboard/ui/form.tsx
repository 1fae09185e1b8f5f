/**
 * Forms that act. Each carries the token that proves it was ours, and a mark that makes a second
 * press the same act.
 */
import type { Child } from 'hono/jsx';
import type { Visit } from '../page.ts';

export function Csrf({ token }: { token: string }) {
  return <input type="hidden" name="csrf" value={token} />;
}

type Action = {
  visit: Pick<Visit, 'csrf' | 'here'>;
  /** One of the page's `actions`. */
  action: string;
  /** Sent along, as hidden fields. */
  with?: Record<string, string>;
};

export function ActionForm({ visit, action, with: fixed = {}, children }: Action & { children: Child }) {
  return (
    <form class="action" method="post" action={visit.here} data-inline>
      <Csrf token={visit.csrf} />
      <input type="hidden" name="action" value={action} />
      <input type="hidden" name="once" value={crypto.randomUUID()} />
      {Object.entries(fixed).map(([name, value]) => (
        <input type="hidden" name={name} value={value} />
      ))}
      {children}
    </form>
  );
}

type Look = 'main' | 'danger' | 'plain';

/** `label`: for a screen reader, where several buttons of a page say the same. */
export function ActionButton({
  children,
  look,
  label,
  confirm,
  ...action
}: Action & { children: Child; look?: Look | undefined; label?: string; confirm?: string }) {
  return (
    <ActionForm {...action}>
      <button type="submit" class={look} aria-label={label} data-confirm={confirm}>
        {children}
      </button>
    </ActionForm>
  );
}
