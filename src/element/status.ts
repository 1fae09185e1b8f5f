/**
 * `<tubepost-status>`: what became of a record, beside "Saved". It follows the page's
 * `color-scheme`, asks for nothing from elsewhere, and needs no inline style or script, so a strict
 * Content-Security-Policy lets it be.
 */
import { type Watch, type Watched, watchRecord } from '../client/watch.ts';
import { type Said, say, sentenceOf, type Texts, TEXTS } from './sentence.ts';

const STYLE = `
:host { display: inline-block; font: inherit; color: var(--tubepost-color, inherit) }
[part=dot] { display: inline-block; width: .6em; height: .6em; margin-inline-end: .4em; border-radius: 50%;
  background: var(--tubepost-waiting, light-dark(#6b7280, #9ca3af)) }
:host([data-state=sent]) [part=dot] { background: var(--tubepost-sent, light-dark(#15803d, #4ade80)) }
:host([data-state=retrying]) [part=dot] { background: var(--tubepost-retrying, light-dark(#b45309, #fbbf24)) }
:host([data-state=failed]) [part=dot] { background: var(--tubepost-failed, light-dark(#b91c1c, #f87171)) }
[part=announcement] { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap }
[part=toggle] { font: inherit; font-size: .9em; color: inherit; background: none; border: 0; padding: 0 .2em; margin-inline-start: .4em;
  text-decoration: underline; cursor: pointer }
[part=details] { margin: .3em 0 0; padding-inline-start: 1.4em; font-size: .9em }
[hidden] { display: none }
`;

/**
 * A state is read aloud once it has lasted so long: what is sent within a moment is one
 * announcement, not three.
 */
const ANNOUNCED_AFTER_MS = 1_000;
const scriptOrigin = originOf(document.currentScript);

class TubepostStatus extends HTMLElement {
  static readonly observedAttributes = ['origin', 'account', 'record', 'token', 'texts'];
  /** Gets a new token where one is needed; else the attribute stands. */
  getToken: (() => string | Promise<string>) | null = null;
  #texts: Partial<Texts> = {};
  #watch: Watch | null = null;
  #watched: Watched | null = null;
  #ticking: ReturnType<typeof setInterval> | null = null;
  #announcing: ReturnType<typeof setTimeout> | null = null;
  #announced = '';
  #isStarting = false;
  readonly #text = part('span', 'text');
  readonly #announcement = part('span', 'announcement');
  readonly #toggle = part('button', 'toggle');
  readonly #details = part('ul', 'details');

  constructor() {
    super();
    const root = this.attachShadow({ mode: 'open' });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets = [sheet];
    const line = part('span', 'line');
    line.append(part('span', 'dot'), this.#text);
    // Seen by all, read aloud by the announcement alone.
    line.ariaHidden = 'true';
    this.#announcement.setAttribute('role', 'status');
    this.#toggle.setAttribute('type', 'button');
    this.#details.hidden = true;
    this.#toggle.onclick = () => {
      this.#details.hidden = !this.#details.hidden;
      this.#show();
    };
    root.append(line, this.#announcement, this.#toggle, this.#details);
  }

  /** Words of the page's own, for those of TEXTS that it names. */
  get texts(): Partial<Texts> {
    return this.#texts;
  }

  set texts(texts: Partial<Texts>) {
    this.#texts = texts;
    this.#show();
  }

  connectedCallback(): void {
    this.#restart();
  }

  disconnectedCallback(): void {
    this.#stop();
  }

  attributeChangedCallback(name: string, _: string | null, value: string | null): void {
    if (name === 'texts') this.texts = JSON.parse(value ?? '{}') as Partial<Texts>;
    else if (this.isConnected) this.#restart();
  }

  /** Once for several attributes that are set together. */
  #restart(): void {
    if (this.#isStarting) return;
    this.#isStarting = true;
    queueMicrotask(() => {
      this.#isStarting = false;
      this.#stop();
      if (this.isConnected) this.#start();
    });
  }

  #start(): void {
    const [origin, account, record] = ['origin', 'account', 'record'].map((name) => this.getAttribute(name) ?? '');
    const token = this.getToken ?? this.getAttribute('token') ?? '';
    if (!account || !record || token === '') return;
    const watch = watchRecord({ origin: origin || scriptOrigin, account, record, token });
    const changed = () => {
      this.#watched = watch.current();
      this.#show();
      this.dispatchEvent(new CustomEvent('tubepost-status', { detail: this.#watched }));
    };
    this.#watch = watch;
    watch.subscribe(changed);
    changed();
  }

  #stop(): void {
    this.#watch?.close();
    this.#watch = null;
    this.#tick(false);
    if (this.#announcing !== null) clearTimeout(this.#announcing);
    this.#announcing = null;
  }

  #show(): void {
    const watched = this.#watched;
    if (watched === null) return;
    const texts = { ...TEXTS, ...this.#texts };
    const nowMs = Date.now() + watched.offsetMs;
    const said = say(watched, texts, nowMs);
    put(this.#text, said.text);
    this.dataset['state'] = said.state;
    this.toggleAttribute('data-late', said.isLate);
    this.#tick(said.isCounting || !this.#details.hidden);
    this.#announce(said);
    const endpoints = watched.status?.endpoints ?? [];
    put(this.#toggle, texts.details);
    this.#toggle.hidden = endpoints.length === 0;
    this.#toggle.ariaExpanded = String(!this.#details.hidden);
    if (this.#details.hidden) return;
    while (this.#details.children.length > endpoints.length) this.#details.lastChild?.remove();
    for (const [index, endpoint] of endpoints.entries()) {
      const item = this.#details.children[index] ?? this.#details.appendChild(part('li', 'endpoint'));
      put(item, sentenceOf(endpoint, nowMs));
    }
  }

  #tick(isWanted: boolean): void {
    if (isWanted === (this.#ticking !== null)) return;
    if (this.#ticking !== null) clearInterval(this.#ticking);
    this.#ticking = isWanted ? setInterval(() => this.#show(), 1_000) : null;
  }

  /** The newest state that lasts; nothing for a count, or for what has been said. */
  #announce({ quiet }: Said): void {
    if (quiet === this.#announced || this.#announcing !== null) return;
    this.#announcing = setTimeout(() => {
      this.#announcing = null;
      if (this.#watched === null) return;
      this.#announced = say(this.#watched, { ...TEXTS, ...this.#texts }, Date.now()).quiet;
      put(this.#announcement, this.#announced);
    }, ANNOUNCED_AFTER_MS);
  }
}

function part(tag: string, name: string): HTMLElement {
  const element = document.createElement(tag);
  element.setAttribute('part', name);
  return element;
}

/** A text that stays is not written again: it would be read again. */
function put(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

function originOf(script: unknown): string {
  return script instanceof HTMLScriptElement && script.src !== '' ? new URL(script.src).origin : location.origin;
}

if (customElements.get('tubepost-status') === undefined) customElements.define('tubepost-status', TubepostStatus);
