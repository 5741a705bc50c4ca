/**
 * Files that are kept open for a moment after they were read: who is asked for one again and again need not open it each
 * time, and still finds out soon that it is gone.
 *
 * @module
 */

import { closeSync, openSync, readSync } from "node:fs";

/** How long a file stays open. */
const OPEN_MS = 1_000;

/** Files that are open at a time. */
const MAX_OPEN = 128;

/** An open file. */
interface Open {
  readonly fd: number;
  readonly openedAtMs: number;
}

/** Keeps files open. */
export class OpenFiles {
  /** Those that are open, the one that was opened first at the front. */
  readonly #open = new Map<string, Open>();
  #sweeping: ReturnType<typeof setInterval> | null = null;

  /** Fills `target` with the bytes of a file from `position` on. Returns whether it could. */
  read(path: string, position: number, target: Uint8Array): boolean {
    try {
      const { fd } = this.#open.get(path) ?? this.#openFile(path);
      return readSync(fd, target, 0, target.length, position) === target.length;
    } catch {
      return false;
    }
  }

  /** Closes a file: its path stands for another one from now on, or for none. */
  close(path: string): void {
    const open = this.#open.get(path);
    if (open === undefined) return;
    this.#open.delete(path);
    closeSync(open.fd);
  }

  /** Closes all. */
  closeAll(): void {
    for (const path of [...this.#open.keys()]) this.close(path);
    if (this.#sweeping !== null) clearInterval(this.#sweeping);
    this.#sweeping = null;
  }

  #openFile(path: string): Open {
    const open = { fd: openSync(path, "r"), openedAtMs: performance.now() };
    this.#open.set(path, open);
    if (this.#open.size > MAX_OPEN) {
      const [first] = this.#open.keys();
      this.close(first);
    }
    this.#sweeping ??= setInterval(() => this.#sweep(), OPEN_MS / 2);
    return open;
  }

  #sweep(): void {
    const since = performance.now() - OPEN_MS;
    for (const [path, { openedAtMs }] of this.#open) {
      if (openedAtMs > since) break;
      this.close(path);
    }
    if (this.#open.size === 0) this.closeAll();
  }
}
