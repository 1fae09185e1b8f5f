/**
 * Reads the page again, as often as it asks for, and puts what changed in place. Rests while nobody
 * looks, and waits longer while nothing answers.
 */
import { announce, enhance } from './enhance.ts';
import { morph } from './morph.ts';

const WAIT_MAX_MS = 60_000;
const TIMEOUT_MS = 20_000;
/** How often a page that asks for nothing is asked whether it does now. */
const IDLE_SECONDS = 5;

export function keepFresh(): void {
  let failures = 0;
  let timer: ReturnType<typeof setTimeout>;

  const seconds = () => Number(document.getElementById('content')?.dataset['refresh'] ?? 0);
  const plan = () => {
    clearTimeout(timer);
    // Asked for again each time: an action may have put a page in place that is to stay.
    timer = setTimeout(run, Math.min((seconds() || IDLE_SECONDS) * 1_000 * 2 ** failures, WAIT_MAX_MS));
  };
  const run = () => {
    if (document.hidden) return;
    if (seconds() === 0) return plan();
    void readAgain().then((isRead) => {
      failures = isRead ? 0 : failures + 1;
      plan();
    });
  };
  document.addEventListener('visibilitychange', () => (document.hidden ? clearTimeout(timer) : run()));
  plan();
}

/** False: nothing answered; the page stays as it is and says since when. */
async function readAgain(): Promise<boolean> {
  try {
    const answer = await fetch(location.href, { signal: AbortSignal.timeout(TIMEOUT_MS), redirect: 'follow' });
    if (answer.redirected && new URL(answer.url).pathname !== location.pathname) {
      // The session has ended, or the page leads on.
      location.assign(answer.url);
      return true;
    }
    // The session has ended: the page says so itself.
    if (answer.status === 401) {
      location.reload();
      return true;
    }
    // A fault of the moment: what is shown was true, and is better than an error.
    if (answer.status >= 500 || answer.status === 429) return stale();
    put(await answer.text(), false);
    return true;
  } catch {
    return stale();
  }
}

function stale(): boolean {
  tellFresh('The service does not answer; what is shown may be old.');
  return false;
}

/**
 * Puts a page's content in place of this one's. `withNotes`: its notes too, which a refresh leaves
 * as they are.
 */
export function put(html: string, withNotes: boolean): void {
  const page = new DOMParser().parseFromString(html, 'text/html');
  const [from, to] = [document.getElementById('content'), page.getElementById('content')];
  if (from === null || to === null) return;
  const before = statuses(from);
  const notes = document.getElementById('notes');
  if (!withNotes && notes !== null) page.getElementById('notes')?.replaceWith(page.importNode(notes, true));
  morph(from, to);
  enhance(from);
  tellFresh('');
  tellChanges(before, statuses(from));
}

function statuses(root: Element): Map<string, string> {
  const all = [...root.querySelectorAll<HTMLElement>('[data-announce]')];
  return new Map(all.map((element) => [element.id, element.dataset['announce'] ?? '']));
}

function tellChanges(before: Map<string, string>, after: Map<string, string>): void {
  const changed = [...after].filter(([id, text]) => before.has(id) && before.get(id) !== text).map(([, text]) => text);
  if (changed.length > 0) announce(changed.join('. '));
}

function tellFresh(text: string): void {
  const place = document.getElementById('fresh');
  if (place !== null && place.textContent !== text) place.textContent = text;
}
