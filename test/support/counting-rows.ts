/** A database that tells how many rows each query read, as D1 bills them. */
export function countingRows(database: D1Database, tell: (rows: number) => void): D1Database {
  return {
    prepare: (query: string) => ({
      bind: (...values: unknown[]) => {
        const statement = database.prepare(query).bind(...values);
        return {
          raw: () => statement.raw(),
          all: async () => {
            const result = await statement.all();
            tell(result.meta.rows_read);
            return result;
          },
        };
      },
    }),
  } as unknown as D1Database;
}
