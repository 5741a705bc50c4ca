/**
 * What proxies that share a store tell each other: that they are there, what is purged, and that it has been done.
 *
 * All hear all in the same order. A proxy that begins to share learns who shares already, and says that it is there before
 * it reads from the store, so one that hears its own purge has heard before of all who may hold what it is about, and
 * waits for those by name.
 *
 * @module
 */

import { HalfwayError, TimeoutError } from "../../net/errors.ts";
import type { Purge } from "./purges.ts";
import type { RedisLink } from "./redis_link.ts";
import { SHARERS } from "./redis_responses.ts";

const ALL = "halfway:purges:";
const ONE = "halfway:done:";

/** How long others may take to say that they have purged. */
const ACKNOWLEDGE_MS = 2_000;

/** How often each says that it is there. */
const BEAT_MS = 1_000;

/** A subscription on which so many of one's own words were not heard is none. */
const UNHEARD_BEATS = 3;

/** Who has said nothing for so long, and does not listen any more, is gone. */
const SILENT_MS = 5_000;

/** A purge that others have yet to say is done. */
interface Announcement {
  readonly text: string;
  /** Who has yet to say so; `null` until this proxy has heard itself. */
  waiting: Set<string> | null;
  /** How many entries each has taken out that has said so. */
  readonly counts: Map<string, number>;
  end(error: Error | null): void;
}

/** A purge that is known to Redis. */
export interface DonePurge {
  readonly purges: readonly Purge[];
  /** The epoch that began with it. */
  readonly epoch: number;
}

/** What is published. `id` is 0 where nobody waits for an answer. */
type Message =
  & { readonly from: string }
  & (
    | { readonly kind: "joined" | "here" | "left" }
    | ({ readonly kind: "purge"; readonly id: number } & DonePurge)
  );

/** Talks about purges. */
export class PurgeTalk {
  readonly #link: RedisLink;
  readonly #all: string;
  readonly #obey: (done: DonePurge) => Promise<number>;
  /** What this proxy is called. */
  readonly name: string = crypto.randomUUID();
  /** The others, and when each was heard last. */
  readonly #others = new Map<string, number>();
  readonly #announced = new Map<number, Announcement>();
  #last = 0;
  #unheard = 0;
  #beat: ReturnType<typeof setInterval> | undefined;

  /** Talks over `link`; `obey` does what another one says, and returns how many entries it took out. */
  constructor(link: RedisLink, obey: (done: DonePurge) => Promise<number>) {
    this.#link = link;
    this.#obey = obey;
    // Channels are those of all databases, and each has epochs of its own.
    this.#all = ALL + link.database;
  }

  /** What has to be listened to. */
  get channels(): readonly string[] {
    return [this.#all, ONE + this.name];
  }

  /**
   * Says that this proxy is there, with nothing in its memory that it has not heard the purges of.
   *
   * @param names All who share, as the store has them.
   */
  async join(names: readonly string[]): Promise<void> {
    // Nobody could be heard while the way was lost.
    for (const name of [...this.#others.keys(), ...names]) {
      if (name !== this.name) this.#others.set(name, performance.now());
    }
    this.#unheard = 0;
    await this.#say({ from: this.name, kind: "joined" });
    clearInterval(this.#beat);
    this.#beat = setInterval(() => this.#onBeat(), BEAT_MS);
  }

  /** Says that it goes. */
  async leave(): Promise<void> {
    this.stop();
    await this.#link.run((client) => client.sRem(SHARERS, this.name), () => {});
    await this.#say({ from: this.name, kind: "left" });
  }

  /** The way is lost, or closed: who waits for others waits in vain. */
  stop(): void {
    clearInterval(this.#beat);
    for (const announcement of this.#announced.values()) {
      announcement.end(new HalfwayError("CONNECT", "the shared store was lost"));
    }
  }

  /** Tells the others what they have to do when they hear of it. Returns whether they were told. */
  tell(done: DonePurge): Promise<boolean> {
    return this.#say({ from: this.name, kind: "purge", id: 0, ...done });
  }

  /**
   * Tells the others, and waits until all have done it.
   *
   * @returns How many entries they took out.
   * @throws {HalfwayError} If the store is lost.
   * @throws {TimeoutError} If not all have said in time that they did.
   */
  async announce(done: DonePurge): Promise<number> {
    const id = ++this.#last;
    let timer: ReturnType<typeof setTimeout> | undefined;
    try {
      return await new Promise((resolve, reject) => {
        const counts = new Map<string, number>();
        const text = JSON.stringify({ from: this.name, kind: "purge", id, ...done });
        const end = (error: Error | null): void => {
          if (error === null) resolve([...counts.values()].reduce((sum, count) => sum + count, 0));
          else reject(error);
        };
        const announcement = { text, waiting: null as Set<string> | null, counts, end };
        this.#announced.set(id, announcement);
        timer = setTimeout(() => {
          const missing = announcement.waiting?.size ?? 0;
          end(
            new TimeoutError(
              `no word within ${ACKNOWLEDGE_MS} ms from ${missing} of those who share the store`,
            ),
          );
        }, ACKNOWLEDGE_MS);
        this.#publish(this.#all, text).then((told) => {
          if (!told) end(new HalfwayError("CONNECT", "the shared store was lost"));
        });
      });
    } finally {
      clearTimeout(timer);
      this.#announced.delete(id);
    }
  }

  /** Takes what was published on one of the channels. What makes no sense is passed over. */
  hear(channel: string, text: string): void {
    const message = parse(text);
    const { from, id, count } = message;
    if (typeof from !== "string") return;
    if (channel !== this.#all) {
      const announcement = this.#announced.get(id as number);
      if (announcement === undefined || typeof count !== "number") return;
      if (!announcement.counts.has(from)) announcement.counts.set(from, count);
      this.#cross(announcement, from);
    } else if (isMessage(message)) this.#hearAll(message);
  }

  #hearAll(message: Message): void {
    const { from, kind } = message;
    if (from === this.name) {
      this.#unheard = 0;
      const announcement = kind === "purge" ? this.#announced.get(message.id) : undefined;
      if (announcement === undefined || announcement.waiting !== null) return;
      announcement.waiting = new Set(this.#others.keys());
      for (const name of announcement.counts.keys()) announcement.waiting.delete(name);
      if (announcement.waiting.size === 0) announcement.end(null);
      return;
    }
    if (kind === "left") this.#forget(from);
    else this.#others.set(from, performance.now());
    if (kind === "purge") this.#answer(message);
    else if (kind === "joined") {
      // It may have come back without having heard of what is waited for.
      for (const { waiting, text } of this.#announced.values()) {
        if (waiting?.has(from)) this.#publish(this.#all, text);
      }
    }
  }

  async #answer({ from, id, purges, epoch }: Message & { kind: "purge" }): Promise<void> {
    const count = await this.#obey({ purges, epoch });
    if (id === 0) return;
    await this.#publish(ONE + from, JSON.stringify({ from: this.name, id, count }));
  }

  #cross({ waiting, end }: Announcement, name: string): void {
    if (waiting?.delete(name) && waiting.size === 0) end(null);
  }

  #forget(name: string): void {
    this.#others.delete(name);
    for (const announcement of this.#announced.values()) this.#cross(announcement, name);
  }

  async #onBeat(): Promise<void> {
    if (this.#unheard >= UNHEARD_BEATS) {
      this.#link.lose(new Error("nothing is heard on its channels"));
      return;
    }
    this.#unheard++;
    await this.#say({ from: this.name, kind: "here" });
    // In case that all is flushed; where memory is short it is there already.
    await this.#link.run((client) => client.sAdd(SHARERS, this.name), () => {});
    const since = performance.now() - SILENT_MS;
    for (const [name, heard] of this.#others) {
      if (heard > since) continue;
      const listening = await this.#link.run((client) => client.pubSubNumSub([ONE + name]));
      if (listening === null) return;
      // One that hangs still listens, and may go on one day with what it holds.
      if (Object.values(listening).some((count) => Number(count) > 0)) continue;
      this.#forget(name);
      await this.#link.run((client) => client.sRem(SHARERS, name), () => {});
    }
  }

  #say(message: Message): Promise<boolean> {
    return this.#publish(this.#all, JSON.stringify(message));
  }

  async #publish(channel: string, text: string): Promise<boolean> {
    return await this.#link.run((client) => client.publish(channel, text)) !== null;
  }
}

function parse(text: string): Partial<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value as Record<string, unknown> : {};
  } catch {
    return {};
  }
}

function isMessage(message: object): message is Message {
  const { kind, id, epoch, purges } = message as Partial<Record<string, unknown>>;
  if (kind === "joined" || kind === "here" || kind === "left") return true;
  return kind === "purge" && typeof id === "number" && Number.isSafeInteger(epoch) &&
    Array.isArray(purges) &&
    purges.every((purge) =>
      (purge?.kind === "key" || purge?.kind === "prefix") && typeof purge.text === "string"
    );
}
