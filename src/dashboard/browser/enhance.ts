/**
 * What needs a script to be of use is shown by it. Called again for what was put in place later.
 */
import { writeTimes } from './times.ts';

export function enhance(root: ParentNode): void {
  writeTimes(root);
  for (const button of root.querySelectorAll<HTMLButtonElement>('button[data-copy]')) button.hidden = false;
}

document.addEventListener('click', (event) => {
  const button = event.target instanceof Element ? event.target.closest<HTMLButtonElement>('button[data-copy]') : null;
  if (button === null) return;
  const text = button.parentElement?.querySelector('code')?.textContent ?? '';
  void navigator.clipboard.writeText(text).then(
    () => say(button, 'Copied'),
    // Not allowed, as in some frames: then the text is marked, to be copied by hand.
    () => {
      getSelection()?.selectAllChildren(button.parentElement?.querySelector('code') ?? button);
      say(button, 'Selected');
    },
  );
});

const SAID_MS = 2_000;

function say(button: HTMLButtonElement, word: string): void {
  button.textContent = word;
  announce(word);
  setTimeout(() => (button.textContent = 'Copy'), SAID_MS);
}

/** To a screen reader, when it has finished its sentence. */
export function announce(text: string): void {
  const region = document.getElementById('announce');
  if (region !== null) region.textContent = text;
}
