/**
 * The forms of one event (P7): its content in one or several schema versions, and which of them an
 * endpoint is sent.
 */

/** `version` is null where the type has no schema. */
export type Form<T = unknown> = { version: string | null; data: T };

/** At least one: the first is the newest, and what is sent to endpoints that pin nothing. */
export type Forms<F extends Form = Form> = [F, ...F[]];

function numberOf({ version }: Form): number {
  return Number(version ?? 0);
}

export function newestFirst<F extends Form>(forms: readonly F[]): F[] {
  return forms.toSorted((a, b) => numberOf(b) - numberOf(a));
}

/** Types are names that publishers choose: `constructor` pins nothing. */
export function pinnedVersion(pinned: Readonly<Record<string, string>> | undefined, type: string): string | undefined {
  return pinned !== undefined && Object.hasOwn(pinned, type) ? pinned[type] : undefined;
}

/**
 * What an endpoint that pins a version of this type is sent. Without that form: the next older one,
 * which its reader may have known before; where all are newer, the oldest. Never nothing: the body
 * says which it is.
 */
export function formFor<F extends Form>(forms: Forms<F>, pinned: string | undefined): F {
  if (pinned === undefined) return forms[0];
  return forms.find((form) => numberOf(form) <= Number(pinned)) ?? forms.at(-1) ?? forms[0];
}
