/**
 * Makes one tree like another by changing only what differs: what the reader has focused, opened,
 * scrolled or typed into stays. Children with an id are matched by it, all others by their place.
 */
export function morph(from: Element, to: Element): void {
  attributes(from, to);
  // A field keeps what was typed; its first value is an attribute, and followed above.
  if (from instanceof HTMLTextAreaElement) return;
  children(from, to);
}

/** Set by the reader or the script, and not by the service. */
const KEPT = new Set(['open', 'hidden', 'title']);

function attributes(from: Element, to: Element): void {
  for (const { name, value } of to.attributes) {
    if (!KEPT.has(name) && from.getAttribute(name) !== value) from.setAttribute(name, value);
  }
  for (const { name } of [...from.attributes]) {
    if (!KEPT.has(name) && !to.hasAttribute(name)) from.removeAttribute(name);
  }
}

function children(from: Element, to: Element): void {
  const known = new Map([...from.children].filter(({ id }) => id !== '').map((child) => [child.id, child]));
  let at = from.firstChild;
  for (const wanted of [...to.childNodes]) {
    const match = wanted instanceof Element && wanted.id !== '' ? (known.get(wanted.id) ?? null) : fitting(at, wanted);
    if (match === null) {
      from.insertBefore(document.importNode(wanted, true), at);
      continue;
    }
    if (match !== at) from.insertBefore(match, at);
    else at = at.nextSibling;
    if (match instanceof Element && wanted instanceof Element) same(match, wanted);
    else if (match.nodeValue !== wanted.nodeValue) match.nodeValue = wanted.nodeValue;
  }
  while (at !== null) {
    const next: ChildNode | null = at.nextSibling;
    at.remove();
    at = next;
  }
}

/** The node in its place, if it is of the same kind and bound to no other. */
function fitting(at: ChildNode | null, wanted: Node): ChildNode | null {
  if (at === null || at.nodeType !== wanted.nodeType) return null;
  if (!(at instanceof Element)) return at;
  return wanted instanceof Element && at.tagName === wanted.tagName && at.id === '' ? at : null;
}

function same(from: Element, to: Element): void {
  // The text of a time is the script's: it changes with the instant alone.
  if (from instanceof HTMLTimeElement && from.getAttribute('datetime') === to.getAttribute('datetime')) return;
  morph(from, to);
}
