/**
 * Sends the forms that act without leaving the page: the reader keeps the place, and hears what was
 * done.
 */
import { announce } from './enhance.ts';
import { put } from './refresh.ts';

export function sendInline(): void {
  document.addEventListener('submit', (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || !('inline' in form.dataset)) return;
    const button = event.submitter;
    const question = button?.dataset['confirm'];
    if (question !== undefined && !confirm(question)) {
      event.preventDefault();
      return;
    }
    event.preventDefault();
    void send(form, button);
  });
}

async function send(form: HTMLFormElement, button: HTMLElement | null): Promise<void> {
  const fields = new URLSearchParams();
  for (const [name, value] of new FormData(form)) if (typeof value === 'string') fields.append(name, value);
  // Not disabled: that would take the focus from it.
  button?.setAttribute('aria-busy', 'true');
  try {
    // Not form.action, which is the field of that name.
    const answer = await fetch(form.getAttribute('action') ?? location.href, {
      method: 'POST',
      body: fields,
      headers: { 'x-inline': '1' },
    });
    // To another page, which tells what was done: it would be told to nobody if it were fetched
    // here.
    const elsewhere = answer.headers.get('location');
    if (answer.status === 204 && elsewhere !== null) {
      location.assign(elsewhere);
      return;
    }
    const { pathname } = new URL(answer.url);
    if (pathname !== location.pathname) {
      location.assign(answer.url);
      return;
    }
    put(await answer.text(), true);
    announce(document.getElementById('notes')?.textContent ?? '');
  } catch {
    // Whether it was done is not known; the form says once who it is, so the browser may send it
    // again.
    form.submit();
  } finally {
    button?.removeAttribute('aria-busy');
  }
}
