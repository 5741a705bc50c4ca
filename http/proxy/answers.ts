/**
 * How answers are written to a client: out of the store, from an origin, or by the proxy itself.
 *
 * @module
 */

import { HalfwayError } from "../../net/errors.ts";
import { latin1Bytes } from "../message/bytes.ts";
import { type CacheStatus, formatCacheStatus } from "../fields/cache_status.ts";
import { formatUnsatisfied } from "../fields/range.ts";
import type { FieldReader } from "../message/field_reader.ts";
import { BodyKind } from "../message/framing.ts";
import { Field } from "../message/names.ts";
import { ageSecondsAt } from "../policy/age.ts";
import type { BodyPlan } from "../policy/body_plan.ts";
import { type ByteRange, partialHead, planMultipart } from "../policy/ranges.ts";
import type { StoredResponse } from "../policy/stored.ts";
import { readStoredHead } from "../policy/stored_fields.ts";
import type { ResponseHead } from "../message/response_head.ts";
import type { Session } from "./session.ts";
import { REASONS } from "../message/status.ts";
import type { PieceReader } from "../store/stored_bytes.ts";
import type { Variant } from "../store/variant.ts";
import { DateLine } from "../message/writer.ts";

/** The name of this cache in Cache-Status and Via. */
export const PROXY_NAME = "halfway";

/** A body up to this size is copied behind its head and leaves with it in one write. */
const COPY_BYTES = 32 * 1024;

const encoder = new TextEncoder();
const VIA = encoder.encode(`Via: 1.1 ${PROXY_NAME}\r\n`);
const AGE = encoder.encode("Age: ");
const HIT = encoder.encode(`Cache-Status: ${PROXY_NAME}; hit; ttl=`);
const DATE = new DateLine(Date.now);
const HIT_TEXT = `${PROXY_NAME}; hit`;
const CHUNKED = encoder.encode("Transfer-Encoding: chunked\r\n");

/** Bits of the fields that an answer from an origin gets anew. */
const REWRITTEN = 1 << Field.contentLength;

/** Writes the head of a fresh hit: the quickest way there is. */
export function writeHit(session: Session, variant: Variant, nowMs: number): void {
  const { out } = session;
  const { stored } = variant;
  session.status = stored.status;
  session.cacheStatus = HIT_TEXT;
  out.write(variant.prefix);
  out.write(AGE);
  out.putInteger(ageSecondsAt(stored, nowMs));
  out.endLine();
  out.write(VIA);
  out.write(HIT);
  out.putInteger(Math.max(0, Math.floor((stored.freshUntilMs - nowMs) / 1000)));
  out.endLine();
  session.endHead();
}

/** Sends a body after its head, which is in `session.out`. */
export async function sendBody(session: Session, body: Uint8Array): Promise<void> {
  if (session.head.method === "HEAD" || body.length === 0) return;
  if (body.length <= COPY_BYTES) {
    session.out.write(body);
  } else {
    await session.peer.flush();
    await session.peer.write(body);
  }
}

/** What else there is to say about an answer out of the store. */
export interface StoredAnswer {
  /** Now, in milliseconds since 1970. */
  readonly nowMs: number;
  /** What the cache did. */
  readonly status: CacheStatus;
}

/** Writes the fields that every answer out of the store has, and ends the head. */
function endStoredHead(session: Session, stored: StoredResponse, answer: StoredAnswer): void {
  const { out } = session;
  out.field("Age", ageSecondsAt(stored, answer.nowMs));
  out.write(VIA);
  const ttlSeconds = Math.floor((stored.staleAtMs - answer.nowMs) / 1000);
  session.cacheStatus = formatCacheStatus(PROXY_NAME, { ttlSeconds, ...answer.status });
  out.field("Cache-Status", session.cacheStatus);
  session.endHead();
}

/** A reader of no bytes. */
const NOTHING: PieceReader = { next: () => Promise.resolve(null), close: () => {} };

/** Opens a range of a stored body, or all of it; `null` if the bytes are lost. */
function openStored(
  session: Session,
  variant: Variant,
  range: ByteRange | null,
): Promise<PieceReader | null> {
  if (session.head.method === "HEAD" || variant.bodyBytes === 0) return Promise.resolve(NOTHING);
  if (range === null) return variant.body.open(0, variant.body.length);
  const { bytes, first } = variant.find(range);
  return bytes.open(first, range.last - range.first + 1);
}

/** Sends what a reader gives, and closes it. */
async function sendOpened(session: Session, reader: PieceReader): Promise<void> {
  try {
    for (let piece = await reader.next(); piece !== null; piece = await reader.next()) {
      await sendBody(session, piece);
    }
  } catch (error) {
    await session.breakOff();
    throw error;
  } finally {
    reader.close();
  }
}

/**
 * Sends a stored response, or the part of it that was asked for.
 *
 * @returns Whether it did: `false`, and nothing is written, if the bytes are lost.
 */
export async function sendStored(
  session: Session,
  variant: Variant,
  plan: BodyPlan,
  answer: StoredAnswer,
): Promise<boolean> {
  const { out } = session;
  const { stored } = variant;
  const total = variant.total ?? 0;
  if (plan.kind === "unsatisfiable") {
    session.status = 416;
    out.statusLine(416);
    out.field("Content-Range", formatUnsatisfied(total));
    out.field("Content-Length", 0);
    endStoredHead(session, stored, answer);
    return true;
  }
  const range = plan.kind === "partial" ? plan.ranges[0] : null;
  const reader = await openStored(session, variant, range);
  if (reader === null) return false;
  session.status = range === null ? stored.status : 206;
  if (plan.kind === "partial" && plan.ranges.length > 1) {
    await sendParts(session, variant, plan.ranges, reader, answer);
    return true;
  }
  if (range === null) out.write(variant.prefix);
  else {
    out.write(partialHead(stored.head, range, total));
    out.field("Content-Length", range.last - range.first + 1);
  }
  endStoredHead(session, stored, answer);
  await sendOpened(session, reader);
  return true;
}

/** Sends several ranges of a stored body (RFC 9110 §14.6); `first` reads the first of them. */
async function sendParts(
  session: Session,
  variant: Variant,
  ranges: readonly ByteRange[],
  first: PieceReader,
  answer: StoredAnswer,
): Promise<void> {
  const { out } = session;
  const { stored } = variant;
  const total = variant.total ?? 0;
  const multipart = planMultipart(stored.head, ranges, total, crypto.randomUUID());
  out.write(multipart.head);
  out.field("Content-Length", multipart.contentLength);
  endStoredHead(session, stored, answer);
  if (session.head.method === "HEAD") return;
  for (const [i, range] of ranges.entries()) {
    const reader = i === 0 ? first : await openStored(session, variant, range);
    if (reader === null) {
      await session.breakOff();
      throw new HalfwayError("CLOSED", "The body is not there any more");
    }
    out.write(latin1Bytes(multipart.before[i]));
    await sendOpened(session, reader);
  }
  out.putText(multipart.after);
}

/** Fields of a stored response that say something about a body that a 304 does not have (RFC 9110 §15.4.5). */
const OF_THE_BODY = new Set([
  "content-type",
  "content-length",
  "content-encoding",
  "content-language",
  "content-range",
  "transfer-encoding",
]);

/** Writes a 304 out of a stored response. */
export function writeNotModified(
  session: Session,
  stored: StoredResponse,
  answer: StoredAnswer,
): void {
  const { out } = session;
  session.status = 304;
  out.statusLine(304);
  for (const [name, value] of readStoredHead(stored.head).lines()) {
    if (!OF_THE_BODY.has(name.toLowerCase())) out.field(name, value);
  }
  endStoredHead(session, stored, answer);
}

/** How the body of an answer from an origin goes to the client. */
export type Framing = "none" | "length" | "chunked" | "close";

/**
 * Writes the head of an answer from an origin.
 *
 * @param status What the cache did; `null` where it had no part.
 * @returns How the body has to be sent.
 */
export function writeForwardedHead(
  session: Session,
  head: ResponseHead,
  status: CacheStatus | null,
): Framing {
  const { out } = session;
  out.statusLineWith(head.status, head.reason);
  let framing: Framing = "none";
  if (head.bodyKind === BodyKind.none) {
    // A 304, or an answer to HEAD, may say how long the body would be; any other says that there is none.
    out.copyEndToEnd(head, session.head.method === "HEAD" || head.status === 304 ? 0 : REWRITTEN);
    const bodiless = session.head.method === "HEAD" || head.status === 304 || head.status === 204 ||
      head.status < 200;
    if (!bodiless) out.field("Content-Length", 0);
  } else {
    out.copyEndToEnd(head, REWRITTEN);
    if (head.bodyKind === BodyKind.length) {
      framing = "length";
      out.field("Content-Length", head.contentLength);
    } else if (session.isHttp10) {
      framing = "close";
      session.keepAlive = false;
    } else {
      framing = "chunked";
      out.write(CHUNKED);
    }
  }
  // RFC 9110 §6.6.1: whoever has a clock adds the Date that an origin without one leaves out.
  if (!head.has(Field.date)) out.write(DATE.bytes);
  out.field("Via", `1.${head.minorVersion} ${PROXY_NAME}`);
  session.status = head.status;
  if (status !== null) {
    session.cacheStatus = formatCacheStatus(PROXY_NAME, status);
    out.field("Cache-Status", session.cacheStatus);
  }
  session.endHead();
  return framing;
}

/** Writes the head of a response that is being stored while it comes, for one who waited for it. */
export function writeCollapsedHead(
  session: Session,
  stored: StoredResponse,
  length: number | null,
  answer: StoredAnswer,
): Framing {
  const { out } = session;
  session.status = stored.status;
  out.write(stored.head);
  let framing: Framing = "length";
  if (length !== null) out.field("Content-Length", length);
  else if (session.isHttp10) {
    framing = "close";
    session.keepAlive = false;
  } else {
    framing = "chunked";
    out.write(CHUNKED);
  }
  endStoredHead(session, stored, answer);
  return framing;
}

/** Puts a piece of a body behind what is in `session.out`, or sends it if it is large. */
async function sendPiece(
  session: Session,
  piece: Uint8Array,
  framing: Framing,
): Promise<void> {
  const { out, peer } = session;
  if (framing === "chunked") out.chunkHead(piece.length);
  if (piece.length + out.length <= COPY_BYTES) {
    out.write(piece);
    if (framing === "chunked") out.endLine();
    return;
  }
  await peer.flush();
  await peer.write(piece);
  if (framing === "chunked") out.endLine();
}

/** Where the body of an answer comes from. */
export interface PieceSource {
  /** Whether nothing follows what has been taken. */
  readonly done: boolean;
  /** The next piece if it is there already, else `null`. */
  poll(): Uint8Array | null;
  /** The next piece, or `null` at the end. */
  next(): Promise<Uint8Array | null>;
}

/**
 * Sends a body as it comes, at the pace of the client. What is gathered leaves before more is waited for: who reads
 * events, or watches a slow answer, sees each part when it comes.
 */
export async function sendPieces(
  session: Session,
  pieces: PieceSource,
  framing: Framing,
  trailers: () => FieldReader | null = () => null,
): Promise<void> {
  try {
    for (;;) {
      let piece = pieces.poll();
      if (piece === null) {
        if (!pieces.done) await session.peer.flush();
        piece = await pieces.next();
      }
      if (piece === null) break;
      await sendPiece(session, piece, framing);
    }
    if (framing === "chunked") session.out.lastChunk(trailers());
  } catch (error) {
    await session.breakOff();
    throw error;
  }
}

/** Writes an answer of the proxy's own, with a sentence for people. */
export function writeOwnAnswer(
  session: Session,
  status: number,
  sentence: string,
  fields: readonly (readonly [name: string, value: string])[] = [],
): void {
  const { out } = session;
  session.status = status;
  const body = encoder.encode(`${status} ${REASONS[status] ?? ""}: ${sentence}\n`);
  out.statusLine(status);
  out.field("Content-Type", "text/plain; charset=utf-8");
  out.field("Content-Length", body.length);
  for (const [name, value] of fields) out.field(name, value);
  session.endHead();
  if (session.head.method !== "HEAD") out.write(body);
}
