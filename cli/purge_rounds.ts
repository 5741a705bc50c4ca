/**
 * The parent's part in a purge: asks all workers but the one that announces, and counts what they say.
 *
 * @module
 */

import type { Purge } from "../http/store/purges.ts";
import type { ToWorker } from "./worker_messages.ts";

/** How long workers may take, in milliseconds. */
const PURGE_TIMEOUT_MS = 5_000;

/** So many unanswered purges, some of them for too long, are a worker that hangs: more would only heap up. */
const MAX_UNANSWERED = 1_000;

/** A worker, as far as purges go. */
export interface PurgeMember {
  /** What sentences call it. */
  readonly name: string;
  /** Sends a message. */
  send(message: ToWorker): void;
  /** Ends it at once. */
  kill(): void;
}

interface Round {
  readonly from: PurgeMember;
  /** The announcer's own number for it. */
  readonly id: number;
  readonly missing: Set<PurgeMember>;
  readonly timer: ReturnType<typeof setTimeout>;
  count: number;
}

/** The announcements under way. */
export class PurgeRounds {
  readonly #timeoutMs: number;
  readonly #rounds = new Map<number, Round>();
  readonly #unanswered = new Map<PurgeMember, number>();
  #lastId = 0;

  /** Gives workers `timeoutMs` to answer. */
  constructor(timeoutMs: number = PURGE_TIMEOUT_MS) {
    this.#timeoutMs = timeoutMs;
  }

  /** Has `others` purge, and tells `from` when all have. */
  begin(
    from: PurgeMember,
    id: number,
    purges: readonly Purge[],
    others: readonly PurgeMember[],
  ): void {
    const round = ++this.#lastId;
    const timer = setTimeout(() => this.#giveUp(round), this.#timeoutMs);
    this.#rounds.set(round, { from, id, missing: new Set(others), timer, count: 0 });
    for (const other of others) {
      this.#unanswered.set(other, (this.#unanswered.get(other) ?? 0) + 1);
      other.send({ type: "purge", id: round, purges });
    }
    this.#finishIfWhole(round);
  }

  /** A worker has purged, or says why it could not. */
  answered(member: PurgeMember, round: number, count: number, error?: string): void {
    this.#unanswered.set(member, (this.#unanswered.get(member) ?? 1) - 1);
    const found = this.#rounds.get(round);
    if (found === undefined || !found.missing.delete(member)) return;
    found.count += count;
    if (error === undefined) this.#finishIfWhole(round);
    else this.#end(round, `${member.name}: ${error}`);
  }

  /** A worker is gone, and its cache with it: nothing can be served from that any more. */
  gone(member: PurgeMember): void {
    this.#unanswered.delete(member);
    for (const [round, { from, missing }] of this.#rounds) {
      if (from === member) this.#end(round);
      else if (missing.delete(member)) this.#finishIfWhole(round);
    }
  }

  #finishIfWhole(round: number): void {
    if (this.#rounds.get(round)!.missing.size === 0) this.#end(round);
  }

  #giveUp(round: number): void {
    const missing = [...this.#rounds.get(round)!.missing];
    const names = missing.map(({ name }) => name).join(" and ");
    this.#end(round, `no word from ${names} within ${this.#timeoutMs} ms`);
    for (const member of missing) {
      if (this.#unanswered.get(member)! > MAX_UNANSWERED) member.kill();
    }
  }

  #end(round: number, error?: string): void {
    const { from, id, count, timer } = this.#rounds.get(round)!;
    clearTimeout(timer);
    this.#rounds.delete(round);
    from.send({ type: "announced", id, count, ...(error === undefined ? {} : { error }) });
  }
}
