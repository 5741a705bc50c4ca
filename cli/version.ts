/**
 * The version that `--version` prints. Kept as code, since a package built for Node leaves an imported `deno.json` out.
 *
 * @module
 */

/** The same as in `deno.json`; a test holds the two together. */
export const VERSION = "0.1.0";
