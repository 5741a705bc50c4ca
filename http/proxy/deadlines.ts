/**
 * Many waits with a limit each, looked at by one coarse sweep: no timer is set for an exchange.
 *
 * @module
 */

/** A limit on a wait. */
export interface Deadline {
  /** The wait is over. */
  cancel(): void;
  /** Something else is waited for until {@linkcode Deadline.restart}. */
  suspend(): void;
  /** The wait begins anew. */
  restart(): void;
}

const SWEEP_MS = 100;

/** Ends waits that take too long. */
export class Deadlines {
  readonly #waits = new Set<Deadline & { atMs: number; expire: () => void }>();
  #timer: ReturnType<typeof setInterval> | null = null;

  /**
   * Limits a wait.
   *
   * @param ms How long it may take, to within a tenth of a second.
   * @param expire Called if it takes longer.
   */
  within(ms: number, expire: () => void): Deadline {
    const wait = {
      atMs: performance.now() + ms,
      expire,
      cancel: () => {
        this.#waits.delete(wait);
        if (this.#waits.size === 0) this.#stop();
      },
      suspend: () => {
        wait.atMs = Infinity;
      },
      restart: () => {
        wait.atMs = performance.now() + ms;
      },
    };
    this.#waits.add(wait);
    this.#timer ??= setInterval(() => this.#sweep(), SWEEP_MS);
    return wait;
  }

  #sweep(): void {
    const now = performance.now();
    for (const wait of [...this.#waits]) {
      if (wait.atMs > now) continue;
      wait.cancel();
      wait.expire();
    }
  }

  #stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }
}
