/**
 * Reading fields by name, whether from received bytes or from a list: what the policy is written against.
 *
 * @module
 */

/** A field's name and value. */
export type FieldLine = readonly [name: string, value: string];

/** Fields by name. Names are asked for in lower case. */
export interface FieldReader {
  /**
   * The value of a field, several lines joined by `, ` (RFC 9110 §5.3), or `null` without one. `set-cookie` can't be
   * joined: its first line is given; `cookie` is joined by `; `.
   */
  get(name: string): string | null;
  /** Each line's value, in order. */
  values(name: string): string[];
  /** Every line, in order, the names as they were sent. */
  lines(): FieldLine[];
}

/** Joins the lines of the field `name`, as {@linkcode FieldReader.get} says. */
export function joinValues(name: string, values: readonly string[]): string | null {
  if (values.length === 0) return null;
  if (values.length === 1 || name === "set-cookie") return values[0];
  return values.join(name === "cookie" ? "; " : ", ");
}

/** Fields in a list of names and values. */
export class FieldList implements FieldReader {
  readonly #lines: readonly FieldLine[];

  /** Reads from `lines`, names in any case. */
  constructor(lines: readonly FieldLine[] = []) {
    this.#lines = lines;
  }

  /** The joined value of a field, or `null`. */
  get(name: string): string | null {
    return joinValues(name, this.values(name));
  }

  /** Each line's value, in order. */
  values(name: string): string[] {
    const found: string[] = [];
    for (const [key, value] of this.#lines) {
      if (key.toLowerCase() === name) found.push(value);
    }
    return found;
  }

  /** Every line, in order. */
  lines(): FieldLine[] {
    return this.#lines.slice();
  }
}
