/** Types for the parts of `@std/text` that are used here: its npm form is plain JavaScript. */

export function closestString(givenWord: string, possibleWords: readonly string[]): string;
export function levenshteinDistance(a: string, b: string): number;
