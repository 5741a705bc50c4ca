/**
 * What a file server answers with, before anything of it is sent.
 *
 * @module
 */

import type { FieldLine } from "../message/field_reader.ts";
import type { OpenFile } from "./file_system.ts";
import type { ByteRange } from "../policy/ranges.ts";
import { REASONS } from "../message/status.ts";

/** An answer. */
export interface FileReply {
  /** The status. */
  readonly status: number;
  /** The fields, without Date, Content-Length and Connection. */
  readonly fields: readonly FieldLine[];
  /** Content-Length, or `null` for a status that has none. */
  readonly contentLength: number | null;
  /** The body in its order: bytes, and ranges of {@linkcode FileReply.file}. */
  readonly parts: readonly (Uint8Array | ByteRange)[];
  /** Whoever takes the answer closes it. */
  readonly file: OpenFile | null;
}

const encoder = new TextEncoder();

/** An answer with a text as its body. */
export function textReply(
  status: number,
  type: string,
  text: string,
  fields: readonly FieldLine[] = [],
): FileReply {
  const body = encoder.encode(text);
  return {
    status,
    fields: [...fields, ["Content-Type", type]],
    contentLength: body.length,
    parts: [body],
    file: null,
  };
}

/** An answer that says no more than its status does. */
export function statusReply(status: number, fields: readonly FieldLine[] = []): FileReply {
  return textReply(status, "text/plain; charset=utf-8", `${status} ${REASONS[status]}\n`, fields);
}

/** An answer without a body, and without a length of one. */
export function emptyReply(status: number, fields: readonly FieldLine[]): FileReply {
  return { status, fields, contentLength: null, parts: [], file: null };
}
