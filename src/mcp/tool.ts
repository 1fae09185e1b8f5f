/**
 * What a tool is. To add one: write `tools/NAME.ts`, name it in `tools.ts`, call it in `test/mcp`.
 * It is given a client with the caller's own key, so it can show and do nothing that the key may
 * not; a refusal may simply be thrown (`ofAnswer`).
 */
import { z } from 'zod';
import type { Client, Name, Schemas } from '../client/client.ts';

export type Caller = Schemas['Caller'];
export type Ask = { client: Client; caller: Caller };

/**
 * `says`: a sentence of ours. `value`: as the API answers it, or parts of that; its foreign text is
 * marked afterwards. `code`: ours to paste.
 */
export type Told = { says: string } & ({ value: unknown } | { code: string });

export type Tool<S extends z.ZodObject = z.ZodObject> = {
  /** snake_case, as clients show it. */
  name: string;
  title: string;
  /** For the model that chooses: what it answers, and when to use another. */
  description: string;
  input: S;
  /** Operations that it calls: tests hold its input to their parameters. */
  operations: readonly Name[];
  /** It changes nothing. */
  isReading: boolean;
  run: (ask: Ask, input: z.output<S>) => Promise<Told>;
};

/** Keeps the type of the input between schema and `run`. */
export function tool<S extends z.ZodObject>(one: Tool<S>): Tool {
  // The schema that a call is checked with is the one that `run` was typed by.
  return one as unknown as Tool;
}

/** The caller's input breaks a rule that no operation would name. */
export class WrongInput extends Error {}

const ID_CHARS_MAX = 512;
export const account = z
  .string()
  .min(1)
  .max(ID_CHARS_MAX)
  .optional()
  .describe('Account id. May be left out where the key is for one account');

export function idOf(what: string) {
  return z.string().min(1).max(ID_CHARS_MAX).describe(what);
}

/** The account asked for, or the only one that the key knows. Throws WrongInput. */
export function accountOf({ caller }: Ask, given: string | undefined): string {
  const known = given ?? caller.account;
  if (known !== null) return known;
  throw new WrongInput('account is required: this key is for all accounts. find_event names accounts');
}
