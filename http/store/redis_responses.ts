/**
 * What a Redis holds of the responses that proxies share: put there, found, and taken out.
 *
 * Nothing comes in that was asked for before a purge that means it. Each purge begins an epoch: a response carries the
 * one in which it was asked for.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { Purge } from "./purges.ts";
import { variantName } from "./names.ts";
import { packBody, packRecord, unpackRecord } from "./packed.ts";
import type { RedisLink } from "./redis_link.ts";
import { GET_SCRIPT, JOIN_SCRIPT, PURGE_SCRIPT, PUT_SCRIPT } from "./redis_scripts.ts";
import { MAX_VARIANTS } from "./response_store.ts";
import type { Variant } from "./variant.ts";

/** The set of all who share, and of some who did. */
export const SHARERS = "halfway:proxies";

const EPOCH = "halfway:epoch";
const PURGED = "halfway:purged";
const RESPONSES = "halfway:responses:";

/** A longer body is not kept: others would wait behind it. */
const MAX_BODY_BYTES = 8 * 1024 * 1024;

/** Bytes of all that Vary tells apart under one key; they come together. */
const MAX_KEY_BYTES = 16 * 1024 * 1024;

/** What is kept without an end is kept so long. */
const MAX_TTL_MS = 365 * 24 * 3600 * 1000;

/** Keys that are looked at in one step of a purge by prefix. */
const SCAN_COUNT = 1_000;

/** Told what Redis has refused to do, and what it said. */
export type RefusalListener = (what: string, reason: string) => void;

/** The responses in a Redis. */
export class RedisResponses {
  readonly #link: RedisLink;
  readonly #onRefused: RefusalListener;
  readonly #now: () => number;
  #epoch = 0;

  /** Those that `link` leads to. */
  constructor(link: RedisLink, now: () => number, onRefused: RefusalListener) {
    this.#link = link;
    this.#now = now;
    this.#onRefused = onRefused;
  }

  /** The latest epoch that was heard of. */
  get epoch(): number {
    return this.#epoch;
  }

  /** What is asked for from now on is of this epoch. Words of it may come in another order than they were said. */
  hearEpoch(epoch: number): void {
    this.#epoch = Math.max(this.#epoch, epoch);
  }

  /**
   * Begins to share under a name.
   *
   * @returns Who shares, and whether purges that this proxy knows of are lost; `null` if the way there is.
   */
  async join(name: string): Promise<{ names: string[]; purgesLost: boolean } | null> {
    const reply = await this.#link.run((client) =>
      client.eval(JOIN_SCRIPT, { keys: [EPOCH, SHARERS], arguments: [String(this.#epoch), name] })
    );
    if (reply === null) return null;
    const [epoch, lost, names] = reply as unknown as [number, number, Buffer[]];
    this.hearEpoch(epoch);
    return { names: names.map(String), purgesLost: lost === 1 };
  }

  /** Gives what is kept under a key, but for what is damaged or of no use any more; `null` if it can't be had. */
  async get(key: string): Promise<Variant[] | null> {
    const reply = await this.#link.run(
      (client) => client.eval(GET_SCRIPT, { keys: [EPOCH, RESPONSES + key] }),
      (reason) => this.#onRefused("give what is stored", reason),
    );
    if (reply === null) return null;
    const [epoch, fields] = reply as unknown as [Buffer, Buffer[]];
    this.hearEpoch(Number(epoch));
    const found: Variant[] = [];
    for (let i = 0; i + 1 < fields.length; i += 2) {
      // A copy: what comes from the client is a part of a larger buffer, that would be kept as well.
      const variant = unpackRecord(key, new Uint8Array(fields[i + 1]));
      if (variant === null || fieldOf(variant) !== String(fields[i])) continue;
      if (variant.stored.deleteAtMs > this.#now()) found.push(variant);
    }
    return found;
  }

  /** Puts a response in the place of one for the same requests, if nothing speaks against it. */
  async put(key: string, variant: Variant, mark: number): Promise<void> {
    const body = variant.bodyBytes > MAX_BODY_BYTES ? null : await packBody(variant);
    if (body === null) return;
    const { buffer, byteOffset, length } = packRecord(key, variant, body);
    const leftMs = variant.stored.deleteAtMs - this.#now();
    const ttlMs = Math.ceil(Math.min(MAX_TTL_MS, leftMs));
    if (!(ttlMs > 0)) return;
    const epoch = await this.#link.run(
      (client) =>
        client.eval(PUT_SCRIPT, {
          keys: [EPOCH, PURGED, RESPONSES + key],
          arguments: [
            String(mark),
            fieldOf(variant),
            Buffer.from(buffer, byteOffset, length),
            String(ttlMs),
            String(MAX_VARIANTS - 1),
            String(MAX_KEY_BYTES),
          ],
        }),
      (reason) => this.#onRefused("store", reason),
    );
    this.hearEpoch(Number(epoch ?? 0));
  }

  /** Takes one response out. Returns whether that was done. */
  async remove(key: string, gone: Variant): Promise<boolean> {
    const name = fieldOf(gone);
    return await this.#link.run((client) => client.hDel(RESPONSES + key, name)) !== null;
  }

  /** Takes out what a purge means. Returns how many keys; `null` if that could not be done. */
  async purge(purge: Purge): Promise<number | null> {
    const name = RESPONSES + purge.text;
    if (purge.kind === "key") return await this.#unlink(purge, [name]);
    // What is on its way must not come in behind the scan.
    let count = await this.#unlink(purge, []);
    let cursor = "0";
    do {
      const from = cursor;
      const found = await this.#link.run((client) =>
        client.scan(from, { MATCH: `${escapePattern(name)}*`, COUNT: SCAN_COUNT })
      );
      if (found === null || count === null) return null;
      cursor = String(found.cursor);
      if (found.keys.length > 0) {
        const more = await this.#unlink(purge, found.keys.map(String));
        if (more === null) return null;
        count += more;
      }
    } while (cursor !== "0");
    return count;
  }

  async #unlink({ kind, text }: Purge, names: readonly string[]): Promise<number | null> {
    const purged = (kind === "key" ? "k" : "p") + RESPONSES + text;
    const reply = await this.#link.run((client) =>
      client.eval(PURGE_SCRIPT, {
        keys: [EPOCH, PURGED, ...names],
        arguments: [String(this.#epoch), purged],
      })
    );
    if (reply === null) return null;
    const [epoch, count] = reply as unknown as [number, number];
    this.hearEpoch(epoch);
    return count;
  }
}

/** What a response is called among those of its key. */
export function fieldOf({ stored }: Variant): string {
  return variantName(stored) || "-";
}

/** A text that stands for itself in a pattern of Redis. */
function escapePattern(text: string): string {
  return text.replace(/[*?[\]\\^-]/g, "\\$&");
}
