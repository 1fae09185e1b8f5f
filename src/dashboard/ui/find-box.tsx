/** The box that takes anything: an id, a key or its beginning, a name, an address. */
export function FindBox({ value, isLarge }: { value: string; isLarge: boolean }) {
  const id = isLarge ? 'find-large' : 'find';
  return (
    <form class={isLarge ? 'find large' : 'find'} role="search" method="get" action="/app/find">
      <label class={isLarge ? undefined : 'hidden'} for={id}>
        {isLarge ? 'What are you looking for?' : 'Find'}
      </label>
      <div>
        <input
          id={id}
          name="q"
          type="search"
          value={value}
          required
          maxlength={256}
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          autofocus={isLarge}
          placeholder={isLarge ? undefined : 'Event, record, account, address …'}
          aria-describedby={isLarge ? 'find-hint' : undefined}
        />
        <button type="submit">Find</button>
      </div>
      {isLarge ? (
        <p id="find-hint" class="dim">
          An event, delivery or attempt id, a record key or its beginning, an account, an endpoint's address, a job or
          an alert.
        </p>
      ) : null}
    </form>
  );
}
