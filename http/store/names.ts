/**
 * Names of stored responses where keys are too long or hold what a name may not.
 *
 * @module
 */

import { createHash } from "node:crypto";
import type { StoredResponse } from "../policy/stored.ts";

/** The name of a key: its MD5 in hexadecimal. */
export function keyName(key: string): string {
  return createHash("md5").update(key).digest("hex");
}

/** The name of one of the responses of a key: that of what Vary tells apart, or none if it does not. */
export function variantName({ varyNames, varyKey }: StoredResponse): string {
  return varyNames.length === 0 ? "" : keyName(`${varyNames.join()}\n${varyKey}`);
}

/** The name of a response among all: that of its key, and its own behind a dot if it has one. */
export function responseName(key: string, stored: StoredResponse): string {
  const name = variantName(stored);
  return name === "" ? keyName(key) : `${keyName(key)}.${name}`;
}
