/**
 * What proxies that share a store tell each other: what is purged, and that it has been done.
 *
 * @module
 */

import { HalfwayError, TimeoutError } from "../../net/errors.ts";
import type { Purge } from "../purges.ts";
import type { RedisLink } from "./redis_link.ts";

const PURGES = "halfway:purges";
const DONE = "halfway:done:";

/** How long others may take to say that they have purged. */
const ACKNOWLEDGE_MS = 2_000;

/** Others that have yet to say that they have purged. */
interface Announcement {
  /** How many entries those took out who have said so. */
  readonly counts: number[];
  /** Called when another one has. */
  onCount(): void;
}

/** A purge as it is published; `id` is 0 where nobody waits for answers. */
interface Message {
  readonly from: string;
  readonly id: number;
  readonly purges: readonly Purge[];
}

/** Talks about purges. */
export class PurgeTalk {
  readonly #link: RedisLink;
  readonly #obey: (purges: readonly Purge[]) => Promise<number>;
  readonly #name = crypto.randomUUID();
  readonly #announced = new Map<number, Announcement>();
  #last = 0;

  /** Talks over `link`; `obey` does what another one says, and returns how many entries it took out. */
  constructor(link: RedisLink, obey: (purges: readonly Purge[]) => Promise<number>) {
    this.#link = link;
    this.#obey = obey;
  }

  /** What has to be listened to. */
  get channels(): readonly string[] {
    return [PURGES, DONE + this.#name];
  }

  /** Tells the others, who have done it when they hear of it. Returns how many hear, or `null` if nobody could be told. */
  async tell(purges: readonly Purge[], id = 0): Promise<number | null> {
    const message: Message = { from: this.#name, id, purges };
    const heard = await this.#link.run((client) => client.publish(PURGES, JSON.stringify(message)));
    // This one hears itself.
    return heard === null ? null : Math.max(0, Number(heard) - 1);
  }

  /**
   * Tells the others, and waits until all have done it.
   *
   * @returns How many entries they took out.
   * @throws {HalfwayError} If the store is lost.
   * @throws {TimeoutError} If not all have said in time that they did.
   */
  async announce(purges: readonly Purge[]): Promise<number> {
    const id = ++this.#last;
    const announcement: Announcement = { counts: [], onCount: () => {} };
    this.#announced.set(id, announcement);
    let timer: ReturnType<typeof setTimeout> | undefined;
    try {
      const others = await this.tell(purges, id);
      if (others === null) throw new HalfwayError("CONNECT", "the shared store was lost");
      await new Promise<void>((resolve, reject) => {
        const text = "not all who share the store have said in time that they did";
        timer = setTimeout(() => reject(new TimeoutError(text)), ACKNOWLEDGE_MS);
        announcement.onCount = () => {
          if (announcement.counts.length >= others) resolve();
        };
        announcement.onCount();
      });
      return announcement.counts.reduce((sum, count) => sum + count, 0);
    } finally {
      clearTimeout(timer);
      this.#announced.delete(id);
    }
  }

  /** Takes what was published on one of the channels. What makes no sense is passed over. */
  hear(channel: string, text: string): void {
    const message = parse(text);
    if (channel === PURGES) {
      if (isMessage(message) && message.from !== this.#name) this.#answer(message);
      return;
    }
    const { id, count } = message;
    const announcement = this.#announced.get(id as number);
    if (announcement === undefined || typeof count !== "number") return;
    announcement.counts.push(count);
    announcement.onCount();
  }

  async #answer({ from, id, purges }: Message): Promise<void> {
    const count = await this.#obey(purges);
    if (id === 0) return;
    await this.#link.run((client) => client.publish(DONE + from, JSON.stringify({ id, count })));
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

function isMessage(value: unknown): value is Message {
  const { from, id, purges } = value as Partial<Record<keyof Message, unknown>>;
  return typeof from === "string" && typeof id === "number" && Array.isArray(purges) &&
    purges.every((purge) =>
      (purge?.kind === "key" || purge?.kind === "prefix") && typeof purge.text === "string"
    );
}
