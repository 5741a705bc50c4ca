/**
 * Requests, responses and stored responses for the policy tests.
 *
 * @module
 */

import { type FieldLine, FieldList } from "../../../http/message/field_reader.ts";
import { DEFAULT_POLICY, type PolicyOptions } from "../../../http/policy/options.ts";
import {
  makeStored,
  type PolicyRequest,
  type PolicyResponse,
} from "../../../http/policy/storable.ts";
import type { StoredResponse } from "../../../http/policy/stored.ts";
import { formatHttpDate } from "../../../http/fields/date.ts";

/** When everything in these tests begins; a whole second. */
export const START = Date.UTC(2026, 0, 1);

/** The date `seconds` after the start. */
export function at(seconds: number): string {
  return formatHttpDate(START + seconds * 1000);
}

/** A request for `http://a.example/dir/page?x`. */
export function ask(lines: FieldLine[] = [], method = "GET"): PolicyRequest {
  return { method, uri: "http://a.example/dir/page?x", fields: new FieldList(lines) };
}

/** A response with these fields. */
export function answer(lines: FieldLine[] = [], status = 200): PolicyResponse {
  return { status, fields: new FieldList(lines) };
}

/** Stores a response that was asked for and came at the start. */
export function store(
  lines: FieldLine[],
  options: {
    request?: FieldLine[];
    status?: number;
    policy?: Partial<PolicyOptions>;
    atMs?: number;
  } = {},
): StoredResponse {
  const now = options.atMs ?? START;
  return makeStored(
    ask(options.request),
    answer(lines, options.status),
    { requestTimeMs: now, responseTimeMs: now },
    now,
    { ...DEFAULT_POLICY, ...options.policy },
  );
}
