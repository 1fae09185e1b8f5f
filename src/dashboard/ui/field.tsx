/**
 * A field of a form that acts: its label, what it takes, and what the API said of it when it was
 * refused.
 */
import type { Visit } from '../page.ts';

type Of = {
  visit: Pick<Visit, 'refused'>;
  /** As the API names it: a refusal is shown beside the field of this name. */
  name: string;
  label: string;
  hint?: string;
  value?: string;
  type?: 'text' | 'url' | 'number';
  isRequired?: boolean;
};

export function TextField({ visit, name, label, hint, value = '', type = 'text', isRequired = false }: Of) {
  const id = `field-${name}`;
  const fault = visit.refused?.problem.errors.find(({ field }) => field === name || field === `body.${name}`);
  const described = [hint === undefined ? null : `${id}-hint`, fault === undefined ? null : `${id}-fault`];
  const describedBy = described.filter((part) => part !== null).join(' ');
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        name={name}
        type={type}
        required={isRequired}
        value={visit.refused?.form.get(name) ?? value}
        aria-invalid={fault === undefined ? undefined : 'true'}
        aria-describedby={describedBy === '' ? undefined : describedBy}
        spellcheck={false}
      />
      {hint === undefined ? null : (
        <p class="dim" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {fault === undefined ? null : (
        <p class="fault" id={`${id}-fault`}>
          {fault.message}
        </p>
      )}
    </div>
  );
}

/** What a form sent, without spaces around it; null where it is empty. */
export function given(form: URLSearchParams, name: string): string | null {
  const value = (form.get(name) ?? '').trim();
  return value === '' ? null : value;
}

/** Names between commas. */
export function listed(form: URLSearchParams, name: string): string[] {
  return (form.get(name) ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
