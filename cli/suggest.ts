/**
 * Guesses what a mistyped word was meant to be.
 *
 * @module
 */

// @ts-types="../types/std_text.d.ts"
import { closestString } from "@std/text/closest-string";
// @ts-types="../types/std_text.d.ts"
import { levenshteinDistance } from "@std/text/levenshtein-distance";

/**
 * Makes the end of an error sentence.
 *
 * @param word What was typed.
 * @param known What could have been meant.
 * @param prefix Stands before the guess, such as `--`.
 * @returns `; did you mean --capacity?`, or an empty text where nothing known is near.
 */
export function didYouMean(word: string, known: readonly string[], prefix = ""): string {
  const typed = word.toLowerCase().slice(0, 60);
  if (known.length === 0 || typed === "") return "";
  const begun = known.filter((name) => typed.length >= 2 && name.startsWith(typed));
  const guess = begun.length > 0 ? begun[0] : closestString(typed, known);
  // Further off than half of the letters, a guess would be noise. (Two neighbours swapped are two changes.)
  const near = begun.length > 0 ||
    levenshteinDistance(typed, guess) <= Math.ceil(Math.max(typed.length, guess.length) / 2);
  return near ? `; did you mean ${prefix}${guess}?` : "";
}
