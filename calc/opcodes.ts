/**
 * The opcodes of Python's pickles, and where a pickle ends. Protocols 0 to 5.
 *
 * @module
 */

/** Opcodes that the reader or the writer knows, by Python's names. */
export const OP = {
  MARK: 0x28,
  EMPTY_TUPLE: 0x29,
  STOP: 0x2e,
  FLOAT: 0x46,
  BINFLOAT: 0x47,
  INT: 0x49,
  BININT: 0x4a,
  BININT1: 0x4b,
  LONG: 0x4c,
  BININT2: 0x4d,
  NONE: 0x4e,
  REDUCE: 0x52,
  UNICODE: 0x56,
  BINUNICODE: 0x58,
  EMPTY_LIST: 0x5d,
  APPEND: 0x61,
  BUILD: 0x62,
  GLOBAL: 0x63,
  DICT: 0x64,
  APPENDS: 0x65,
  GET: 0x67,
  BINGET: 0x68,
  LONG_BINGET: 0x6a,
  LIST: 0x6c,
  PUT: 0x70,
  BINPUT: 0x71,
  LONG_BINPUT: 0x72,
  SETITEM: 0x73,
  TUPLE: 0x74,
  SETITEMS: 0x75,
  EMPTY_DICT: 0x7d,
  PROTO: 0x80,
  NEWOBJ: 0x81,
  TUPLE1: 0x85,
  TUPLE2: 0x86,
  TUPLE3: 0x87,
  NEWTRUE: 0x88,
  NEWFALSE: 0x89,
  LONG1: 0x8a,
  LONG4: 0x8b,
  SHORT_BINUNICODE: 0x8c,
  BINUNICODE8: 0x8d,
  STACK_GLOBAL: 0x93,
  MEMOIZE: 0x94,
  FRAME: 0x95,
} as const;

// What follows an opcode: a number of bytes, or one of these.
const LENGTH1 = 11;
const LENGTH4 = 12;
const LENGTH8 = 13;
const LINE = 14;
const TWO_LINES = 15;
const UNKNOWN = 16;

/** For every byte, what follows it as an opcode. The reader refuses some of these; here they are only stepped over. */
const FOLLOWS: Uint8Array = new Uint8Array(256).fill(UNKNOWN);
for (
  const [shape, opcodes] of [
    [0, "().012NQR]abdelostu}\x81\x85\x86\x87\x88\x89\x8f\x90\x91\x92\x93\x94\x97\x98"],
    [1, "Khq\x80\x82"],
    [2, "M\x83"],
    [4, "Jjr\x84"],
    [8, "G\x95"],
    [LENGTH1, "UC\x8a\x8c"],
    [LENGTH4, "TBX\x8b"],
    [LENGTH8, "\x8d\x8e\x96"],
    [LINE, "FILPSVgp"],
    [TWO_LINES, "ci"],
  ] as const
) {
  for (const opcode of opcodes) FOLLOWS[opcode.charCodeAt(0)] = shape;
}

/** Returned by {@linkcode findPickleEnd} when the pickle goes on after the bytes that are there. */
export const PICKLE_UNFINISHED = -1;
/** Returned by {@linkcode findPickleEnd} when the bytes are no pickle. */
export const PICKLE_INVALID = -2;

/**
 * Where the pickle at `start` ends, found by stepping from opcode to opcode; nothing is read or built.
 *
 * @returns The offset after its STOP, {@linkcode PICKLE_UNFINISHED} or {@linkcode PICKLE_INVALID}.
 */
export function findPickleEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end) {
    const opcode = bytes[at++];
    if (opcode === OP.STOP) return at;
    const shape = FOLLOWS[opcode];
    if (shape <= 8) {
      at += shape;
      continue;
    }
    switch (shape) {
      case UNKNOWN:
        return PICKLE_INVALID;
      case LINE:
      case TWO_LINES:
        for (let lines = shape === LINE ? 1 : 2; lines > 0; lines--) {
          const newline = bytes.subarray(at, end).indexOf(0x0a);
          if (newline < 0) return PICKLE_UNFINISHED;
          at += newline + 1;
        }
        break;
      default: {
        const width = shape === LENGTH1 ? 1 : shape === LENGTH4 ? 4 : 8;
        if (end - at < width) return PICKLE_UNFINISHED;
        let length = 0;
        for (let i = width - 1; i >= 0; i--) length = length * 256 + bytes[at + i];
        at += width + length;
      }
    }
  }
  return PICKLE_UNFINISHED;
}
