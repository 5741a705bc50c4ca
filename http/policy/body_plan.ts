/**
 * Which bytes of a stored body answer a request (RFC 9110 §14.2, §15.3.7; RFC 9111 §3.3).
 *
 * @module
 */

import type { FieldReader } from "../message/field_reader.ts";
import { parseRange } from "../fields/range.ts";
import { ifRangeHolds } from "./conditions.ts";
import { holdsRange, repeatsRange } from "./parts.ts";
import { type ByteRange, fitRanges } from "./ranges.ts";
import type { StoredResponse } from "./stored.ts";

/** What is held of a body. */
export interface HeldBody {
  /** Length of the whole, or `null` if it isn't known. */
  readonly total: number | null;
  /** The parts that are held, sorted and apart; one, `0` to `total - 1`, of a whole body. */
  readonly ranges: readonly ByteRange[];
  /** Whether the stored response's own body came to its end. */
  readonly receivedWhole: boolean;
}

/** Which bytes to send. */
export type BodyPlan =
  /** All of them, with the stored status. */
  | { readonly kind: "whole" }
  /** The stored 206 as it is: the same range was asked for as when it came. */
  | { readonly kind: "repeat" }
  /** One range, see {@linkcode partialHead}, or several, see {@linkcode planMultipart}. */
  | { readonly kind: "partial"; readonly ranges: readonly ByteRange[] }
  /** 416 with {@linkcode formatUnsatisfied}. */
  | { readonly kind: "unsatisfiable" }
  /** Some bytes that it takes are not held: fetch. */
  | { readonly kind: "missing" };

const WHOLE: BodyPlan = { kind: "whole" };
const MISSING: BodyPlan = { kind: "missing" };

/**
 * Plans the body of an answer out of a stored response that may be reused.
 *
 * Range counts for a GET, and where If-Range holds; else the whole is wanted.
 */
export function planBody(
  method: string,
  request: FieldReader,
  stored: StoredResponse,
  held: HeldBody,
): BodyPlan {
  const partial = stored.status === 206;
  const all = partial ? MISSING : WHOLE;
  if (!partial && stored.status !== 200) return WHOLE;
  const value = method === "GET" ? request.get("range") : null;
  if (value === null || !ifRangeHolds(request, stored)) return all;
  if (partial && repeatsRange(stored, request, held.receivedWhole)) return { kind: "repeat" };
  const specs = parseRange(value);
  if (specs === null) return all;
  if (held.total === null) return MISSING;
  const plan = fitRanges(specs, held.total);
  if (plan.kind === "whole") return all;
  if (plan.kind === "unsatisfiable") return plan;
  return plan.ranges.every((range) => holdsRange(held.ranges, range)) ? plan : MISSING;
}
