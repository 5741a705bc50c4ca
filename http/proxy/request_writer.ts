/**
 * Requests as they go to an origin: written anew from what was read, so that no byte of the client's framing goes along.
 *
 * @module
 */

import type { FieldLine } from "../message/field_reader.ts";
import { appendVia } from "../fields/via.ts";
import { BodyKind } from "../message/framing.ts";
import { Field } from "../message/names.ts";
import type { RequestHead } from "../message/request_head.ts";
import type { RequestTarget } from "../message/target.ts";
import { authorityOf } from "../message/target.ts";
import { offeredProtocols } from "../message/upgrade.ts";
import { ByteWriter } from "../message/writer.ts";
import { PROXY_NAME } from "./answers.ts";

/** How a request is changed on its way. */
export interface RequestChanges {
  /** Conditions to put in the place of the client's own, and of its Range; `null` to leave those as they are. */
  readonly conditions: readonly FieldLine[] | null;
  /** The client's address, to be added to X-Forwarded-For; `null` to say nothing of it. */
  readonly forwardedFor: string | null;
}

/** Fields that are always written anew, as bits of their ids. */
const REWRITTEN = 1 << Field.host | 1 << Field.contentLength | 1 << Field.via |
  1 << Field.maxForwards;

/** The client's conditions and its range. */
const CONDITIONS = 1 << Field.ifNoneMatch | 1 << Field.ifModifiedSince | 1 << Field.ifRange |
  1 << Field.range;

/** Writes the head of a request. */
export function writeOriginRequest(
  head: RequestHead,
  target: RequestTarget,
  changes: RequestChanges,
): Uint8Array {
  const { conditions, forwardedFor } = changes;
  const out = new ByteWriter(head.length + 128);
  out.requestLine(head.method, target.path);
  out.field("Host", authorityOf(target));
  const without = conditions === null ? REWRITTEN : REWRITTEN | CONDITIONS;
  out.copyEndToEnd(head, without);
  if (conditions !== null) { for (const [name, value] of conditions) out.field(name, value); }
  if (head.has(Field.maxForwards)) {
    const hops = Number(head.value(Field.maxForwards));
    if (Number.isInteger(hops) && hops > 0) out.field("Max-Forwards", hops - 1);
  }
  out.field("Via", appendVia(head.value(Field.via), head.minorVersion, PROXY_NAME));
  if (forwardedFor !== null) out.field("X-Forwarded-For", forwardedFor);
  const protocols = offeredProtocols(head);
  if (protocols !== "") {
    out.field("Connection", "upgrade");
    out.field("Upgrade", protocols);
  }
  if (head.bodyKind === BodyKind.chunked) out.field("Transfer-Encoding", "chunked");
  else if (head.contentLength >= 0) out.field("Content-Length", head.contentLength);
  out.endLine();
  return out.written();
}
