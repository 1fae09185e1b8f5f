/**
 * Holds the schema of stored JSON to its type. A schema drops the keys that it does not name, so an
 * optional field that it forgets would be lost at the first read without any error; and one that
 * forgets a member of a union, such as a kind of job, could not read what was stored.
 */

/**
 * The paths of a type's keys, through lists and unions (`claim`, `claim.under`), and each word that
 * a value may be (`state.as.=held`). `Depth` ends recursive types.
 */
type Paths<T, Depth extends 0[] = []> = Depth['length'] extends 6
  ? never
  : T extends string
    ? string extends T
      ? never
      : `=${T}`
    : T extends number | boolean | null | undefined
      ? never
      : T extends readonly (infer Item)[]
        ? Paths<Item, Depth>
        : { [K in keyof T & string]-?: K | `${K}.${Paths<T[K], [...Depth, 0]>}` }[keyof T & string];

type Schema<T> = { parse(value: unknown): T };

/**
 * `stored<T>()(schema)` is the schema. It compiles only if the schema yields a `T` and names each
 * of its keys and words; else the error has `forgotten`, the paths.
 */
export function stored<T>() {
  return <S extends Schema<T>>(
    schema: S & ([Exclude<Paths<T>, Paths<ReturnType<S['parse']>>>] extends [never] ? unknown : Forgotten<T, S>),
  ): S => schema;
}

type Forgotten<T, S extends Schema<T>> = { forgotten: Exclude<Paths<T>, Paths<ReturnType<S['parse']>>> };
