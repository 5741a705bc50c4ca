/**
 * How far a transfer is, on one line of a terminal that is written over and over.
 *
 * @module
 */

const EVERY_MS = 100;
const BAR_CELLS = 30;

/** Shows progress; made where there is a terminal. */
export class Progress {
  readonly #write: (text: string) => void;
  readonly #total: number | null;
  readonly #nowMs: () => number;
  readonly #startMs: number;
  #shownMs = -Infinity;
  #width = 0;

  /**
   * Shows nothing yet.
   *
   * @param write Writes to the terminal.
   * @param total Bytes that are expected, or `null` if nobody knows.
   * @param nowMs A monotonic clock in milliseconds.
   */
  constructor(
    write: (text: string) => void,
    total: number | null,
    nowMs: () => number = () => performance.now(),
  ) {
    this.#write = write;
    this.#total = total;
    this.#nowMs = nowMs;
    this.#startMs = nowMs();
  }

  /** Says how many bytes there are; often is not too often. */
  update(bytes: number): void {
    const now = this.#nowMs();
    if (now - this.#shownMs < EVERY_MS) return;
    this.#shownMs = now;
    this.#show(this.#line(bytes, now));
  }

  /** Takes the line away. */
  end(): void {
    if (this.#width > 0) this.#write(`\r${" ".repeat(this.#width)}\r`);
    this.#width = 0;
  }

  #line(bytes: number, now: number): string {
    const seconds = (now - this.#startMs) / 1000;
    const speed = seconds > 0 ? ` ${formatSize(bytes / seconds)}/s` : "";
    if (this.#total === null || this.#total === 0) return formatSize(bytes) + speed;
    const part = Math.min(1, bytes / this.#total);
    const full = Math.floor(part * BAR_CELLS);
    const bar = "#".repeat(full) + "-".repeat(BAR_CELLS - full);
    const percent = String(Math.floor(part * 100)).padStart(3);
    return `[${bar}] ${percent}% of ${formatSize(this.#total)}${speed}`;
  }

  #show(line: string): void {
    this.#write(`\r${line.padEnd(this.#width)}`);
    this.#width = line.length;
  }
}

/** A number of bytes as people read it: `512 B`, `1.5 MB`. */
export function formatSize(bytes: number): string {
  let value = bytes;
  let unit = "B";
  for (const next of ["kB", "MB", "GB", "TB"]) {
    if (value < 1000) break;
    value /= 1000;
    unit = next;
  }
  return `${unit === "B" ? Math.round(value) : value.toFixed(1)} ${unit}`;
}
