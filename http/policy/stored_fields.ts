/**
 * Which fields of a response are stored (RFC 9111 §3.1), and the stored head as bytes.
 *
 * @module
 */

import type { FieldLine, FieldReader } from "../message/field_reader.ts";
import { formatHttpDate, parseHttpDate } from "../fields/date.ts";
import { connectionNames, isHopByHopName } from "../message/hop_by_hop.ts";
import { ResponseHead } from "../message/response_head.ts";
import { ByteWriter } from "../message/writer.ts";
import type { EffectiveDirectives } from "./directives.ts";

// Age is worked out for each answer; the length is that of what is held; trailers are not stored.
const REPLACED: ReadonlySet<string> = new Set(["age", "content-length", "trailer"]);
// A large stored head was received within the limits of its day, which may since have been lowered.
const READ_LIMITS = { maxStartLineBytes: 65536, maxFieldBytes: 16 * 1024 * 1024, maxFields: 4096 };

/**
 * The fields of a response that are stored: without those that end at the hop or are named by Connection, without
 * those that `no-cache="…"` and `private="…"` list (§5.2.2.4, §5.2.2.7), and with a Date if it had none that is one
 * (RFC 9110 §6.6.1).
 *
 * @param responseTimeMs When the response came, in milliseconds since 1970.
 */
export function fieldsToStore(
  response: FieldReader,
  directives: EffectiveDirectives,
  responseTimeMs: number,
): FieldLine[] {
  const named = connectionNames(response.values("connection"));
  const withheld = new Set([...directives.noCacheFields, ...directives.privateFields]);
  const dates = response.values("date");
  const hasDate = dates.length === 1 && parseHttpDate(dates[0], responseTimeMs) !== null;
  const fields: FieldLine[] = [];
  for (const line of response.lines()) {
    const name = line[0].toLowerCase();
    if (REPLACED.has(name) || isHopByHopName(name) || named.has(name) || withheld.has(name)) {
      continue;
    }
    if (name === "date" && !hasDate) continue;
    fields.push(line);
  }
  if (!hasDate) fields.push(["Date", formatHttpDate(responseTimeMs)]);
  return fields;
}

/** Writes a stored head: status line and fields, without the empty line. */
export function writeStoredHead(
  status: number,
  reason: string | null,
  fields: readonly FieldLine[],
): Uint8Array {
  const writer = new ByteWriter(512);
  if (reason === null) writer.statusLine(status);
  else writer.statusLineWith(status, reason);
  for (const [name, value] of fields) writer.field(name, value);
  return writer.written().slice();
}

/** Reads a stored head again, for the few occasions on which its fields are looked at. */
export function readStoredHead(head: Uint8Array): ResponseHead {
  const whole = new Uint8Array(head.length + 2);
  whole.set(head);
  whole[head.length] = 13;
  whole[head.length + 1] = 10;
  const reader = new ResponseHead(READ_LIMITS);
  reader.parse(whole, 0, whole.length);
  return reader;
}
