/**
 * Programs of others that a test needs, and what becomes of it on a machine without them: it is skipped and says so, or
 * with `HALFWAY_TEST_ALL=1` in the environment it fails.
 *
 * @module
 */

import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import process from "node:process";
import { ownPath } from "../../scripts/lib/command.ts";

/** Whether a test may not be skipped. */
export const MUST_RUN_ALL: boolean = process.env["HALFWAY_TEST_ALL"] === "1";

/** Says which of these programs are not on the PATH, as `curl, openssl`; `null` if all are. */
export function lacking(programs: readonly string[]): string | null {
  const absent = programs.filter((program) => pathOf(program) === null);
  return absent.length === 0 ? null : absent.join(", ");
}

/** Where a program is, or `null`. */
export function pathOf(program: string): string | null {
  for (const folder of ownPath().split(delimiter)) {
    const path = join(folder, program);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // It is in another folder, or in none.
    }
  }
  return null;
}
