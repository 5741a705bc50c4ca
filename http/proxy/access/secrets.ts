/**
 * Secrets, compared without telling by the time it takes how much of a guess was right.
 *
 * @module
 */

import { createHash, timingSafeEqual } from "node:crypto";

/** Whether two texts are the same. */
export function isSameSecret(one: string, other: string): boolean {
  // Digests are of one length, whatever the texts are.
  return timingSafeEqual(digestOf(one), digestOf(other));
}

function digestOf(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
}
