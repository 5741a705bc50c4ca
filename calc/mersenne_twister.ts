/**
 * Python's random numbers from a state that travelled with a request: the client's Mersenne Twister (MT19937).
 *
 * @module
 */

const WORDS = 624;
const SHIFT = 397;

/** The state of a `random.Random` as it is pickled: 624 words, and the position in them (0..624). */
export class RandomState {
  /** The 624 words of the generator, each 0..2**32-1. */
  readonly words: Uint32Array;
  /** Position of the next word to use. */
  readonly position: number;
  /** The second half of a pair of normal numbers, kept by Python; not used here, but written back. */
  readonly nextGauss: number | null;

  /**
   * Takes over the words; they are not copied.
   *
   * @throws {RangeError} If there are not 624 words, or the position is outside 0..624.
   */
  constructor(words: Uint32Array, position: number, nextGauss: number | null = null) {
    if (words.length !== WORDS) {
      throw new RangeError(`Expected ${WORDS} words of state, found ${words.length}`);
    }
    if (!(position >= 0 && position <= WORDS)) {
      throw new RangeError(`Expected a position in 0..${WORDS}, found ${position}`);
    }
    this.words = words;
    this.position = position;
    this.nextGauss = nextGauss;
  }
}

/** Draws numbers from a copy of a state, so that the same request gives the same answer each time. */
export class MersenneTwister {
  readonly #words: Uint32Array;
  #position: number;

  /** Starts where `state` is; the state itself is not changed. */
  constructor(state: RandomState) {
    this.#words = state.words.slice();
    this.#position = state.position;
  }

  /** The next float in 0..1 (1 excluded), with 53 random bits: Python's `random()`. */
  random(): number {
    const high = this.#next() >>> 5;
    const low = this.#next() >>> 6;
    return (high * 0x4000000 + low) / 0x20000000000000;
  }

  #next(): number {
    if (this.#position >= WORDS) this.#refill();
    let word = this.#words[this.#position++];
    word ^= word >>> 11;
    word ^= (word << 7) & 0x9d2c5680;
    word ^= (word << 15) & 0xefc60000;
    return (word ^ (word >>> 18)) >>> 0;
  }

  #refill(): void {
    const words = this.#words;
    for (let i = 0; i < WORDS; i++) {
      const mixed = (words[i] & 0x80000000) | (words[(i + 1) % WORDS] & 0x7fffffff);
      words[i] = words[(i + SHIFT) % WORDS] ^ (mixed >>> 1) ^ ((mixed & 1) * 0x9908b0df);
    }
    this.#position = 0;
  }
}
