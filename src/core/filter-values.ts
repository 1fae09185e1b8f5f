/**
 * The values of one event as its filters ask for them. Each field is looked up once and each of its
 * values normalised once, whoever asks: then a condition is one look into a set, or at the two ends
 * of an order. So the cost of a publish is the sum of what publisher and customers chose, and not
 * the product.
 */
import { compareParsed, type Decimal, parseDecimal } from './decimal.ts';
import { exactNumber, isRawJson } from './json.ts';
import { FILTER_VALUES_LOOKED_AT_MAX } from './limits.ts';

/**
 * Numbers in `data` may be JSON.rawJSON objects, where JavaScript could not hold what was written.
 */
export type FilteredEvent = { type: string; record: string | null; version: number | null; data: unknown };

/**
 * `left` counts down: what the filters of one publish may still look at, over all of its events and
 * endpoints.
 */
export type FilterBudget = { left: number };

/**
 * A list on the way stands for each of its elements; one at the end too for `elements`, and not
 * where the value `itself` is asked for.
 */
type Ending = 'elements' | 'itself';

export class EventValues {
  readonly #event: FilteredEvent;
  readonly #budget: FilterBudget;
  readonly #fields = { elements: new Map<string, FieldValues>(), itself: new Map<string, FieldValues>() };

  constructor(event: FilteredEvent, budget: FilterBudget) {
    this.#event = event;
    this.#budget = budget;
  }

  /** For a condition that compares with so many values. Null once the budget is used up. */
  of(field: string, ending: Ending, comparisons: number): FieldValues | null {
    if (this.#budget.left <= 0) return null;
    this.#budget.left -= comparisons;
    const known = this.#fields[ending].get(field);
    if (known !== undefined) return known;
    const found = look(this.#event, field, ending);
    this.#budget.left -= found.cost;
    this.#fields[ending].set(field, found);
    return found;
  }
}

export class FieldValues {
  /** Values on the way and at the end that were looked at. */
  readonly looked: number;
  /** In steps: long texts and numbers take longer to be put in order. */
  readonly cost: number;
  /** False: there were more than one condition looks at. */
  readonly isComplete: boolean;
  readonly #found: readonly unknown[];
  #scalars: ReadonlySet<unknown> | null = null;
  #texts: readonly string[] | null = null;
  #numbers: Range | null = null;

  constructor(found: readonly unknown[], looked: number, isComplete: boolean) {
    this.#found = found;
    this.looked = looked;
    this.cost = found.reduce<number>((sum, value) => sum + costOf(value), looked);
    this.isComplete = isComplete;
  }

  hasOtherThanNull(): boolean {
    return this.#found.some((value) => value !== null);
  }

  /** Of numbers, those that a double cannot hold are equal to no number that a filter can name. */
  has(wanted: string | number | boolean | null): boolean {
    this.#scalars ??= new Set(this.#found.map(exactNumber));
    return this.#scalars.has(wanted);
  }

  hasPrefix(prefix: string): boolean {
    const texts = this.#sortedTexts();
    let [from, to] = [0, texts.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if ((texts[middle] ?? '') < prefix) from = middle + 1;
      else to = middle;
    }
    return texts[from]?.startsWith(prefix) ?? false;
  }

  /**
   * Numbers with numbers and text with text, by UTF-16 code unit; anything else has no order.
   * `least` and `most` compare the least and the greatest value of that kind with `wanted`: below
   * 0, 0 or above 0; null where there is none.
   */
  compared(wanted: string | number): { least: number; most: number } | null {
    if (typeof wanted === 'number') return this.#comparedNumbers(wanted);
    const texts = this.#sortedTexts();
    const [least, most] = [texts[0], texts.at(-1)];
    if (least === undefined || most === undefined) return null;
    return { least: compareTexts(least, wanted), most: compareTexts(most, wanted) };
  }

  #comparedNumbers(wanted: number): { least: number; most: number } | null {
    this.#numbers ??= rangeOf(this.#found.map(exactNumber));
    const { plain, exact } = this.#numbers;
    const decimal = exact === null ? null : parseDecimal(String(wanted));
    const signs = [
      ...(plain === null ? [] : [{ least: plain.least - wanted, most: plain.most - wanted }]),
      ...(exact === null || decimal === null
        ? []
        : [{ least: compareParsed(exact.least, decimal), most: compareParsed(exact.most, decimal) }]),
    ];
    if (signs.length === 0) return null;
    return {
      least: Math.min(...signs.map(({ least }) => least)),
      most: Math.max(...signs.map(({ most }) => most)),
    };
  }

  #sortedTexts(): readonly string[] {
    // Sorts by UTF-16 code unit unless told otherwise.
    this.#texts ??= this.#found.filter((value) => typeof value === 'string').sort();
    return this.#texts;
  }
}

function costOf(value: unknown): number {
  if (typeof value === 'string') return value.length / CHARS_PER_STEP;
  return isRawJson(value) ? RAW_STEPS + value.rawJSON.length / CHARS_PER_STEP : 0;
}
const CHARS_PER_STEP = 16;
const RAW_STEPS = 10;

/** Numbers that are doubles, and those that are not. */
type Range = {
  plain: { least: number; most: number } | null;
  exact: { least: Decimal; most: Decimal } | null;
};

function rangeOf(values: readonly unknown[]): Range {
  const range: Range = { plain: null, exact: null };
  for (const value of values) {
    if (typeof value === 'number') {
      const { least, most } = range.plain ?? { least: value, most: value };
      range.plain = { least: Math.min(least, value), most: Math.max(most, value) };
    } else if (isRawJson(value)) {
      const decimal = parseDecimal(value.rawJSON);
      if (decimal === null) continue;
      const { least, most } = range.exact ?? { least: decimal, most: decimal };
      range.exact = {
        least: compareParsed(decimal, least) < 0 ? decimal : least,
        most: compareParsed(decimal, most) > 0 ? decimal : most,
      };
    }
  }
  return range;
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * In the order of the event, FILTER_VALUES_LOOKED_AT_MAX at most. `data` is nested DATA_DEPTH_MAX
 * deep, so this recursion ends.
 */
function look(event: FilteredEvent, field: string, ending: Ending): FieldValues {
  const [first = '', ...names] = field.split('.');
  const found: unknown[] = [];
  let looked = 0;
  let isComplete = true;

  const visit = (value: unknown, depth: number): void => {
    if (looked === FILTER_VALUES_LOOKED_AT_MAX) {
      isComplete = false;
      return;
    }
    looked += 1;
    if (depth === names.length && (ending === 'itself' || !Array.isArray(value))) {
      found.push(value);
      return;
    }
    if (Array.isArray(value)) {
      for (const element of value) {
        if (!isComplete) return;
        visit(element, depth);
      }
      return;
    }
    const name = names[depth];
    if (typeof value !== 'object' || value === null || isRawJson(value) || name === undefined) return;
    if (Object.hasOwn(value, name)) visit(Reflect.get(value, name), depth + 1);
  };
  visit(Reflect.get(event, first), 0);
  return new FieldValues(found, looked, isComplete);
}
