/**
 * Requests that go past the cache, and what they share with those that don't: bodies passed on, failures told, and
 * protocols changed.
 *
 * @module
 */

import { HalfwayError } from "../net/errors.ts";
import { PROXY_NAME, sendPiece, writeForwardedHead, writeOwnAnswer } from "./answers.ts";
import type { Framing } from "./answers.ts";
import { exchange, type OriginResponse } from "./exchange.ts";
import { formatCacheStatus } from "./fields/cache_status.ts";
import { Variant } from "./memory_store.ts";
import { invalidatedUris, isSafeMethod } from "./policy/invalidation.ts";
import { makeStored, whyNotStorable } from "./policy/storable.ts";
import type { ProxyContext } from "./proxy_handler.ts";
import { ClientBody } from "./request_body.ts";
import { writeOriginRequest } from "./request_writer.ts";
import type { ResponseHead } from "./response_head.ts";
import type { Route } from "./routing.ts";
import type { Session } from "./session.ts";
import { SharedBody } from "./shared_body.ts";
import { tunnel } from "./tunnel.ts";

/** Methods that may be sent again (RFC 9110 §9.2.2). */
const IDEMPOTENT = new Set(["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"]);

/** Passes an interim answer on; clients of HTTP/1.0 know none. */
export async function interimTo(session: Session, head: ResponseHead): Promise<void> {
  if (session.isHttp10 || session.detached) return;
  const { out } = session;
  out.statusLineWith(head.status, head.reason);
  out.copyEndToEnd(head);
  out.endLine();
  await session.peer.flush();
}

/** Sends what comes of a body, piece by piece, at the pace of the client; `onPiece` is shown each of them. */
export async function forwardBody(
  session: Session,
  response: OriginResponse,
  framing: Framing,
  onPiece: ((piece: Uint8Array) => void) | null = null,
): Promise<void> {
  try {
    for (let piece = await response.next(); piece !== null; piece = await response.next()) {
      onPiece?.(piece);
      await sendPiece(session, piece, framing);
    }
    if (framing === "chunked") session.out.lastChunk(response.body.trailers);
  } catch (error) {
    response.cancel();
    session.keepAlive = false;
    // The client sees the break, since what it was promised does not come.
    await session.peer.flush().catch(() => {});
    session.peer.close();
    throw error;
  }
}

/** Answers a request whose origin gave no answer. */
export function writeFailure(session: Session, error: unknown): void {
  const status = error instanceof HalfwayError && error.code === "TIMEOUT" ? 504 : 502;
  const detail = describeFailure(error);
  session.cacheStatus = formatCacheStatus(PROXY_NAME, { forward: "miss", detail });
  writeOwnAnswer(session, status, detail, [["Cache-Status", session.cacheStatus]]);
}

/** Why an origin gave no answer, in a sentence. */
export function describeFailure(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Passes a request on that the cache has no part in, but for what it makes void. */
export async function forwardUncached(
  context: ProxyContext,
  session: Session,
  route: Route,
  key: string,
): Promise<void> {
  const { head } = session;
  const body = session.hasBody ? new ClientBody(session) : null;
  let response: OriginResponse;
  try {
    response = await exchange(context, {
      address: route.address,
      method: head.method,
      head: writeOriginRequest(head, route.target, {
        conditions: null,
        forwardedFor: context.forwarded ? session.peer.connection.remoteAddr.hostname : null,
      }),
      body,
      repeatable: IDEMPOTENT.has(head.method),
      onInterim: (interim) => interimTo(session, interim),
    });
  } catch (error) {
    context.upstreams?.failed(route.address);
    if (body !== null && !body.done) session.keepAlive = false;
    writeFailure(session, error);
    return;
  }
  if (response.head.status === 101) {
    await changeProtocol(session, response);
    return;
  }
  if (body !== null && !body.done) session.keepAlive = false;
  const request = { method: head.method, uri: key, fields: head, hasBody: session.hasBody };
  const answer = {
    status: response.head.status,
    reason: response.head.reason,
    fields: response.head,
  };
  for (const uri of invalidatedUris(request, answer)) context.store.purge(uri);
  const reason = head.method === "GET" ? "bypass" : "method";
  const storable = !isSafeMethod(head.method) &&
    response.head.contentLength <= context.maxObjectBytes &&
    whyNotStorable(request, answer, context.policy) === null;
  const status = { forward: reason, ...(storable ? { stored: true } : {}) } as const;
  const stored = storable
    ? makeStored(request, answer, response.times, context.now(), context.policy)
    : null;
  const framing = writeForwardedHead(session, response.head, status);
  if (stored === null) {
    await forwardBody(session, response, framing);
    return;
  }
  // An answer to POST that a later GET may be given (RFC 9110 §9.3.3).
  const kept = new SharedBody();
  await forwardBody(session, response, framing, (piece) => {
    if (kept.length <= context.maxObjectBytes) kept.push(piece);
  });
  if (kept.length <= context.maxObjectBytes) {
    const part = { first: 0, bytes: kept.toBytes() };
    context.store.put(key, new Variant(stored, [part], kept.length, true));
  }
}

/** Passes 101 on, and then bytes both ways. */
async function changeProtocol(session: Session, response: OriginResponse): Promise<void> {
  const { head } = response;
  const origin = response.detach();
  const { out, peer } = session;
  session.detached = true;
  out.statusLineWith(101, head.reason);
  out.copyEndToEnd(head);
  out.field("Connection", "upgrade");
  const upgrade = head.get("upgrade");
  if (upgrade !== null) out.field("Upgrade", upgrade);
  out.endLine();
  await peer.flush();
  try {
    await tunnel(peer, session.source, origin.connection, origin.source);
  } finally {
    origin.close();
  }
}
