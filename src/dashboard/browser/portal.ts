/**
 * A portal token, or one for one record, that came behind the "#": handed over at once, and taken
 * out of the address and the history.
 */
export function handOverToken(): void {
  const token = location.hash.slice(1);
  if (!location.pathname.startsWith('/portal') || !/^tb[pr]_/.test(token)) return;
  const to = location.pathname + location.search;
  history.replaceState(null, '', to);
  const form = document.createElement('form');
  form.method = 'post';
  form.action = '/portal/open';
  for (const [name, value] of Object.entries({ to, token })) {
    const field = document.createElement('input');
    field.type = 'hidden';
    field.name = name;
    field.value = value;
    form.append(field);
  }
  document.body.append(form);
  form.submit();
}
