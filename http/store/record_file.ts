/**
 * What a file says of the response that it holds.
 *
 * @module
 */

import { areRight } from "./block_checks.ts";
import type { DiskFolder, OpenFile } from "./disk_folder.ts";
import type { DiskFile } from "./disk_index.ts";
import { MARK_BYTES, readTail, type StoredRecord, tailLength } from "./record.ts";

/** A file up to this size is read and checked whole: a second trip to the disk would cost more. */
const WHOLE_BYTES = 64 * 1024;

/** Of a longer one so much is read at its end, which is enough for most. */
const END_BYTES = 16 * 1024;

/**
 * Reads what a file says of its response.
 *
 * @returns `null` if the file is gone, or not as it was written.
 * @throws {FilesExhaustedError} If no file can be opened now.
 */
export async function readRecordFrom(
  folder: DiskFolder,
  file: DiskFile,
): Promise<StoredRecord | null> {
  const open = await folder.open(file.key);
  if (open === null) return null;
  try {
    const end = new Uint8Array(
      Math.min(open.bytes, file.weight <= WHOLE_BYTES ? WHOLE_BYTES : END_BYTES),
    );
    if (end.length < MARK_BYTES || !await fill(open, open.bytes - end.length, end)) return null;
    const length = tailLength(end);
    if (length === null || length > open.bytes) return null;
    let tail = end.subarray(Math.max(0, end.length - length));
    if (length > end.length) {
      tail = new Uint8Array(length);
      if (!await fill(open, open.bytes - length, tail)) return null;
    }
    const record = readTail(tail, open.bytes - length);
    if (record === null) return null;
    const isWhole = end.length === open.bytes;
    return !isWhole || areRight(end.subarray(0, open.bytes - length), 0, record.sums)
      ? record
      : null;
  } finally {
    open.close();
  }
}

async function fill(open: OpenFile, position: number, target: Uint8Array): Promise<boolean> {
  return await open.read(position, target) === target.length;
}
