/**
 * Writes log lines so that those of several processes that share a pipe are never torn: what a pipe takes at once, it
 * takes as a whole or not at all, up to `PIPE_BUF` bytes (4096 on Linux; POSIX, `write`).
 *
 * @module
 */

import { Buffer } from "node:buffer";
import process from "node:process";
import type { LineTarget } from "./log_writer.ts";

/** The most bytes that a pipe takes as a whole. */
const PIPE_BYTES = 4096;

/**
 * Parts whole lines into pieces that a pipe takes as a whole. A line that is longer than that is a piece of its own.
 *
 * @param text Whole lines.
 * @param maxBytes The most bytes of a piece, as UTF-8.
 */
export function wholePieces(text: string, maxBytes: number = PIPE_BYTES): string[] {
  const pieces: string[] = [];
  let piece = "";
  let bytes = 0;
  for (let from = 0; from < text.length;) {
    const end = text.indexOf("\n", from) + 1 || text.length;
    const line = text.slice(from, end);
    const more = Buffer.byteLength(line);
    if (piece !== "" && bytes + more > maxBytes) {
      pieces.push(piece);
      piece = "";
      bytes = 0;
    }
    piece += line;
    bytes += more;
    from = end;
  }
  if (piece !== "") pieces.push(piece);
  return pieces;
}

/** A stream that says when it has written. */
interface PieceStream {
  write(text: string, done: () => void): unknown;
}

/**
 * Makes the target of a process that shares its stderr with others.
 *
 * @param writeNow Writes text before it returns.
 * @param stream Where lines go to; stderr when left out.
 */
export function wholeLineTarget(
  writeNow: (text: string) => void,
  stream: PieceStream = process.stderr,
): LineTarget {
  const waiting: string[] = [];
  let chars = 0;
  let writing = false;
  // One at a time: a stream makes one write of all that waits in it.
  const next = (): void => {
    const piece = waiting.shift();
    writing = piece !== undefined;
    if (piece === undefined) return;
    chars -= piece.length;
    stream.write(piece, next);
  };
  const writeAllNow = (text: string): void => {
    for (const piece of wholePieces(waiting.splice(0).join("") + text)) writeNow(piece);
    chars = 0;
  };
  return {
    write(text): void {
      waiting.push(...wholePieces(text));
      chars += text.length;
      if (!writing) next();
    },
    writeNow: writeAllNow,
    backlog: () => chars,
    end: () => writeAllNow(""),
  };
}
