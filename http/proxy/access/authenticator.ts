/**
 * Finds out whether a client is who it says, at a cost that strangers can't drive up: few checks at a time, few that wait,
 * and none for credentials that were found right before.
 *
 * @module
 */

import { createHmac, randomBytes } from "node:crypto";
import { Fifo } from "../../../net/fifo.ts";
import { type BasicCredentials, parseBasic } from "../../fields/basic.ts";
import { isPassword, parsePasswordHash, type PasswordHash } from "./password_hash.ts";

/** What came of a check; `busy` if there are too many at the moment. */
export type AuthVerdict = "right" | "wrong" | "busy";

/** Checks at a time: each takes a thread of the pool that names are resolved in as well. */
const MAX_RUNNING = 2;
/** Checks that wait. */
const MAX_WAITING = 64;

/** The users of a proxy. */
export class Authenticator {
  readonly #hashes = new Map<string, PasswordHash>();
  /** Checked for a user that does not exist, so that this takes no less time. */
  readonly #decoy: PasswordHash;
  readonly #key = randomBytes(32);
  /** Digests of credentials that were found right: no more than there are users. */
  readonly #right = new Set<string>();
  /** Checks under way, by the digest of what is checked: a browser asks over many connections at once. */
  readonly #checks = new Map<string, Promise<boolean>>();
  readonly #waiting = new Fifo<() => void>();
  #running = 0;

  /**
   * Reads users.
   *
   * @param credentials One or more `USER:HASH`; see {@linkcode parsePasswordHash}.
   * @throws {RangeError} If one is something else, or a user is there twice. The sentence holds nothing of what was given.
   */
  constructor(credentials: readonly string[]) {
    for (const text of credentials) {
      const colon = text.indexOf(":");
      if (colon < 1) throw new RangeError("expected USER:HASH");
      const user = text.slice(0, colon);
      if (this.#hashes.has(user)) throw new RangeError("expected each user once");
      this.#hashes.set(user, parsePasswordHash(text.slice(colon + 1)));
    }
    const [costliest] = [...this.#hashes.values()].sort((a, b) => workOf(b) - workOf(a));
    this.#decoy = { ...costliest, salt: randomBytes(16) };
  }

  /**
   * Checks the value of Proxy-Authorization.
   *
   * @param value `null` if there was none.
   */
  async check(value: string | null): Promise<AuthVerdict> {
    const credentials = value === null ? null : parseBasic(value);
    if (credentials === null) return "wrong";
    const { user, password } = credentials;
    const digest = createHmac("sha256", this.#key).update(user).update("\0").update(password)
      .digest("base64");
    if (this.#right.has(digest)) return "right";
    let check = this.#checks.get(digest);
    if (check === undefined) {
      if (this.#running >= MAX_RUNNING && this.#waiting.length >= MAX_WAITING) return "busy";
      check = this.#inTurn(credentials).finally(() => this.#checks.delete(digest));
      this.#checks.set(digest, check);
    }
    if (!await check) return "wrong";
    this.#right.add(digest);
    return "right";
  }

  async #inTurn({ user, password }: BasicCredentials): Promise<boolean> {
    if (this.#running < MAX_RUNNING) this.#running++;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      const hash = this.#hashes.get(user);
      const isRight = await isPassword(password, hash ?? this.#decoy);
      return hash !== undefined && isRight;
    } finally {
      // Whoever waits takes over the place.
      const next = this.#waiting.shift();
      if (next !== undefined) next();
      else this.#running--;
    }
  }
}

function workOf({ cost, blockSize, parallelization }: PasswordHash): number {
  return cost * blockSize * parallelization;
}
