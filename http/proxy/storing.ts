/**
 * A body on its way into the store, while it is read by all who want it now.
 *
 * @module
 */

import type { OriginResponse } from "./exchange.ts";
import { FieldList, type FieldReader } from "../message/field_reader.ts";
import type { Flight } from "./flight.ts";
import { describeFailure } from "./forward.ts";
import { asCutOff, asWhole, canCombine, heldRange } from "../policy/parts.ts";
import type { StoredResponse } from "../policy/stored.ts";
import type { ProxyContext } from "./proxy_context.ts";
import type { SharedBody } from "./shared_body.ts";
import { isWholeBody, joinParts, Variant } from "../store/variant.ts";
import { NODE } from "./tell.ts";

/** A fetch nobody wants the rest of goes on if no more than this is missing, in bytes. */
const NEARLY_DONE_BYTES = 64 * 1024;

/** A longer body is spilled while it comes, where there is a place for that. */
export const SPILL_FROM_BYTES = 256 * 1024;

/** More than this is not brought into memory to join parts. */
const JOIN_BYTES = 16 * 1024 * 1024;

/** A response that is to be stored. */
export interface Storing {
  /** The fetch that brings it; it ends with the body. */
  readonly flight: Flight;
  /** Where the body comes from. */
  readonly response: OriginResponse;
  /** What is known of it. */
  readonly stored: StoredResponse;
  /** Where its bytes go to. */
  readonly body: SharedBody;
  /** How many there will be, or `null` if that is not known. */
  readonly length: number | null;
}

/** Reads a body to its end, for the store and for all who read along. What breaks it off is told to those, not thrown. */
export async function storeBody(context: ProxyContext, storing: Storing): Promise<void> {
  const { flight, response, stored, body } = storing;
  // Only parts are compared by their fields, when the head is another exchange's already.
  const fields = new FieldList(stored.contentRange === null ? [] : response.head.lines());
  let failure: unknown = null;
  try {
    if (await readBody(context, storing)) response.finish();
    else failure = new Error("nobody wants the rest");
  } catch (error) {
    failure = error;
  }
  try {
    if (failure === null) await put(context, storing, fields);
    else {
      response.cancel();
      await putCutOff(context, storing);
    }
  } catch (error) {
    const text = `Cannot store ${flight.key}: ${describeFailure(error)}`;
    context.observer.node?.({ type: "node.warning", node: NODE, timeMs: Date.now(), text });
  }
  if (failure === null) body.finish();
  else body.fail(failure);
  // Who comes from now on finds what is stored, and not what has failed.
  context.flights.end(flight);
}

/** Reads until the end. Returns `false` if nobody wants that any more. */
async function readBody(context: ProxyContext, storing: Storing): Promise<boolean> {
  const { response, body, length } = storing;
  const { store, maxObjectBytes, underWay, maxUnderWayBytes } = context;
  let claimed = 0;
  try {
    for (;;) {
      // What is there already is taken without a wait, so that a small answer leaves in one write.
      const piece = response.poll() ?? (response.done ? null : await response.next());
      if (piece === null) return true;
      body.push(piece);
      if (body.kept && body.inMemory) {
        underWay.bytes += piece.length;
        claimed += piece.length;
        const spill = body.length > SPILL_FROM_BYTES ? store.spill() : null;
        if (spill !== null) body.spillTo(spill);
      }
      if (body.kept && (body.length > maxObjectBytes || underWay.bytes > maxUnderWayBytes)) {
        body.forget();
        underWay.bytes -= claimed;
        claimed = 0;
      }
      const room = body.room();
      if (room !== null) await room;
      const missing = length === null ? Infinity : length - body.length;
      if (!body.wanted && (!body.kept || missing > NEARLY_DONE_BYTES)) return false;
    }
  } finally {
    underWay.bytes -= claimed;
  }
}

/** Stores a body that has come to its end. */
async function put(
  { store }: ProxyContext,
  { flight, stored, body }: Storing,
  fields: FieldReader,
): Promise<void> {
  const bytes = await body.stow();
  if (bytes === null || flight.overtaken) return;
  const { key } = flight;
  const { contentRange } = stored;
  if (contentRange === null) {
    await store.put(key, Variant.whole(stored, bytes), flight.mark);
    return;
  }
  const range = heldRange(contentRange, bytes.length);
  if (range === null) return;
  const part = { first: range.first, bytes };
  const before = store.get(key).find((variant) =>
    variant.stored.status === 206 && canCombine(variant.stored, fields)
  );
  const parts = before === undefined || before.bodyBytes + bytes.length > JOIN_BYTES
    ? null
    : await joinParts(before.parts, part);
  if (flight.overtaken) return;
  if (parts === null) {
    await store.put(key, new Variant(stored, [part], contentRange.total, true), flight.mark);
    return;
  }
  const total = contentRange.total ?? before!.total;
  const complete = isWholeBody(parts, total);
  store.remove(key, before!);
  const joined = new Variant(complete ? asWhole(stored) : stored, parts, total, complete);
  await store.put(key, joined, flight.mark);
}

/** Keeps the beginning of a body that was cut off, as the part that it is (RFC 9111 §3.3). */
async function putCutOff({ store }: ProxyContext, storing: Storing): Promise<void> {
  const { flight, stored, body, length } = storing;
  if (body.length === 0 || stored.status !== 200 || length === null) return;
  const bytes = await body.stow();
  if (bytes === null || flight.overtaken) return;
  const cut = asCutOff(stored, bytes.length, length);
  const variant = new Variant(cut, [{ first: 0, bytes }], length, false);
  await store.put(flight.key, variant, flight.mark);
}
