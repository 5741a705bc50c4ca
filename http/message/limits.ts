/**
 * How large the parts of a message may be.
 *
 * @module
 */

/** Limits of a message head. */
export interface HeadLimits {
  /** Bytes of the request or status line without its line break; 414 beyond. */
  readonly maxStartLineBytes: number;
  /** Bytes of all field lines together; 431 beyond. */
  readonly maxFieldBytes: number;
  /** Number of field lines; 431 beyond. */
  readonly maxFields: number;
}

/** 8 KiB, 32 KiB, 100 fields. */
export const DEFAULT_HEAD_LIMITS: HeadLimits = {
  maxStartLineBytes: 8 * 1024,
  maxFieldBytes: 32 * 1024,
  maxFields: 100,
};
