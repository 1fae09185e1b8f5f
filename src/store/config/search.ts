/**
 * Part of a text among rows that no index finds: a bounded walk in the order of a list, which says
 * how far it came. ASCII letters match in either case, as SQLite's lower() does.
 */
import { type Column, type SQL, sql } from 'drizzle-orm';

/** `text` is somewhere in one of the columns. */
export function contains(columns: readonly Column[], text: string): SQL {
  const sought = lowered(text);
  const parts = columns.map((column) => sql`instr(lower(${column}), ${sought}) > 0`);
  return sql`(${sql.join(parts, sql` OR `)})`;
}

export function lowered(text: string): string {
  return text.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());
}
