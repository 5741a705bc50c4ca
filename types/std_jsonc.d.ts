/** Types for the parts of `@std/jsonc` that are used here: its npm form is plain JavaScript. */

export function parse(text: string): unknown;
