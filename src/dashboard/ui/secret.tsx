/** A secret or key, the only time that it is shown. */
import { Copyable } from './facts.tsx';

type Of = { title: string; secret: string; back: { href: string; text: string }; told?: string; isNew?: boolean };

export function NewSecret({ title, secret, back, told, isNew = true }: Of) {
  return (
    <>
      <h1>{title}</h1>
      <p class="lead">{told ?? 'Its receiver verifies every delivery with this secret.'}</p>
      <Copyable text={secret} isBlock />
      {isNew ? <p class="dim">Store it now: this page is not shown again.</p> : null}
      <div class="buttons">
        <a class="button" href={back.href}>
          {back.text}
        </a>
      </div>
    </>
  );
}
