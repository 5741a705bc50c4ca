/**
 * The bytes of a stored body, wherever they are kept.
 *
 * @module
 */

/** Gives bytes piece by piece, at the pace of whoever takes them. */
export interface PieceReader {
  /**
   * The next piece, valid until the next call; `null` at the end.
   *
   * @throws {HalfwayError} If the bytes are lost.
   */
  next(): Promise<Uint8Array | null>;
  /** Lets go of what is held open. Closing twice does nothing. */
  close(): void;
}

/** Bytes that are kept. */
export interface StoredBytes {
  /** How many there are. */
  readonly length: number;
  /** All of them, if they are in memory. */
  readonly inMemory: Uint8Array | null;
  /**
   * Reads without waiting.
   *
   * @param first Offset of the first byte.
   * @param target Filled whole.
   * @returns Whether it was: not where that could take long, or the bytes are lost.
   */
  readNow(first: number, target: Uint8Array): boolean;
  /**
   * Opens a range of them for reading. The first piece has been read then, and found to be right.
   *
   * @param length How many; at least 1.
   * @returns `null` if they are lost.
   */
  open(first: number, length: number): Promise<PieceReader | null>;
}

/** Bytes in memory. */
export class MemoryBytes implements StoredBytes {
  readonly inMemory: Uint8Array;

  /** Keeps `bytes`, which must not change. */
  constructor(bytes: Uint8Array) {
    this.inMemory = bytes;
  }

  get length(): number {
    return this.inMemory.length;
  }

  readNow(first: number, target: Uint8Array): boolean {
    target.set(this.inMemory.subarray(first, first + target.length));
    return true;
  }

  open(first: number, length: number): Promise<PieceReader | null> {
    return Promise.resolve(readerOf(this.inMemory.subarray(first, first + length)));
  }
}

/** Gives bytes that are in memory as one piece. */
export function readerOf(bytes: Uint8Array, onClose: () => void = () => {}): PieceReader {
  let taken = false;
  let closed = false;
  return {
    next: () => {
      const piece = taken ? null : bytes;
      taken = true;
      return Promise.resolve(piece);
    },
    close: () => {
      if (!closed) onClose();
      closed = true;
    },
  };
}

/**
 * Brings bytes into memory.
 *
 * @returns `null` if they are lost.
 */
export async function readAll(bytes: StoredBytes): Promise<Uint8Array | null> {
  if (bytes.inMemory !== null) return bytes.inMemory;
  if (bytes.length === 0) return new Uint8Array(0);
  const reader = await bytes.open(0, bytes.length);
  if (reader === null) return null;
  try {
    const whole = new Uint8Array(bytes.length);
    let filled = 0;
    for (let piece = await reader.next(); piece !== null; piece = await reader.next()) {
      whole.set(piece, filled);
      filled += piece.length;
    }
    return whole;
  } catch {
    return null;
  } finally {
    reader.close();
  }
}
