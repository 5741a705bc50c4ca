/**
 * `halfway hash USER`, and `deno task hash USER`: makes what `--auth` takes of a user and a password.
 *
 * @module
 */

import process from "node:process";
import { formatPasswordHash, hashPassword } from "../http/proxy/access/password_hash.ts";
import { UsageError } from "../net/errors.ts";
import { createOutput } from "./output.ts";
import { readPassword } from "./password.ts";
import { runProgram } from "./run.ts";

const USAGE = `Hashes the password of a user for proxy http --auth.

Usage: halfway hash USER

The password is asked for on a terminal, or is the first line of stdin. What is
printed is USER:HASH, for --auth, HALFWAY_AUTH or a configuration file.

Examples:
  halfway hash alice
  halfway proxy http --auth "$(halfway hash alice)"`;

/** Prints `USER:HASH` for the user that the arguments name. */
export async function main(argv: readonly string[] = process.argv.slice(2)): Promise<void> {
  const words = argv[0] === "--" ? argv.slice(1) : argv;
  const output = createOutput();
  if (words.includes("--help") || words.includes("-h")) {
    output.data(USAGE);
    return;
  }
  const [user] = words;
  if (user === undefined) throw new UsageError("USER is missing; see halfway hash --help");
  if (words.length > 1) throw new UsageError("hash takes one argument, the user");
  // RFC 7617 §2: a colon would divide the user from the password.
  if (user === "" || user.startsWith("-") || /[:\p{Cc}]/u.test(user)) {
    throw new UsageError("Expected a user name without colons and control characters");
  }
  const password = await readPassword(user);
  if (password === "") throw new UsageError("Expected a password, found nothing");
  if (/\p{Cc}/u.test(password)) {
    throw new UsageError("Expected a password without control characters");
  }
  output.data(`${user}:${formatPasswordHash(await hashPassword(password))}`);
}

if (import.meta.main) await runProgram(main);
