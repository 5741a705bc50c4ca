/**
 * Requests that go past the cache, and what they share with those that don't: bodies passed on, failures told, and
 * protocols changed.
 *
 * @module
 */

import { HalfwayError } from "../../net/errors.ts";
import { AccessDeniedError, refuse } from "./access/refusal.ts";
import { PROXY_NAME, sendPieces, writeForwardedHead, writeOwnAnswer } from "./answers.ts";
import type { Framing, PieceSource } from "./answers.ts";
import { exchange, type OriginResponse } from "./exchange.ts";
import { formatCacheStatus } from "../fields/cache_status.ts";
import type { Flight } from "./flight.ts";
import { invalidatedUris, isSafeMethod } from "../policy/invalidation.ts";
import { makeStored, whyNotStorable } from "../policy/storable.ts";
import type { ProxyContext } from "./proxy_context.ts";
import { ClientBody } from "./request_body.ts";
import { writeOriginRequest } from "./request_writer.ts";
import type { ResponseHead } from "../message/response_head.ts";
import type { Route } from "./routing.ts";
import type { Session } from "./session.ts";
import { SharedBody } from "./shared_body.ts";
import { Variant } from "../store/variant.ts";
import { NODE } from "./tell.ts";
import { runTunnel } from "./tunnel.ts";
import { offeredProtocols } from "../message/upgrade.ts";

/** Methods that may be sent again (RFC 9110 §9.2.2). */
const IDEMPOTENT = new Set(["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"]);

/** Passes an interim answer on; clients of HTTP/1.0 know none. */
export async function interimTo(session: Session, head: ResponseHead): Promise<void> {
  if (session.isHttp10 || session.detached) return;
  const { out } = session;
  out.statusLineWith(head.status, head.reason);
  out.copyEndToEnd(head);
  out.endLine();
  const { activity } = session.peer;
  const { phase } = activity;
  await session.peer.flush();
  // The client's body may be waited for meanwhile.
  activity.enter(phase);
}

/** Sends what comes of a body, piece by piece, at the pace of the client; `onPiece` is shown each of them. */
export async function forwardBody(
  session: Session,
  response: OriginResponse,
  framing: Framing,
  onPiece: ((piece: Uint8Array) => void) | null = null,
): Promise<void> {
  try {
    const pieces = onPiece === null ? response : seen(response, onPiece);
    await sendPieces(session, pieces, framing, () => response.body.trailers);
  } catch (error) {
    response.cancel();
    throw error;
  }
}

/** The pieces of a response, each shown to `onPiece`. */
function seen(response: OriginResponse, onPiece: (piece: Uint8Array) => void): PieceSource {
  const shown = (piece: Uint8Array | null): Uint8Array | null => {
    if (piece !== null) onPiece(piece);
    return piece;
  };
  return {
    get done(): boolean {
      return response.done;
    },
    poll: () => shown(response.poll()),
    next: async () => shown(await response.next()),
  };
}

/** Answers a request whose origin gave no answer. */
export function writeFailure(session: Session, error: unknown): void {
  if (error instanceof AccessDeniedError) {
    refuse(session, error.message, error.addresses);
    return;
  }
  const status = error instanceof HalfwayError && error.code === "TIMEOUT" ? 504 : 502;
  const detail = describeFailure(error);
  session.cacheStatus = formatCacheStatus(PROXY_NAME, { forward: "miss", detail });
  writeOwnAnswer(session, status, detail, [["Cache-Status", session.cacheStatus]]);
}

/** Remembers an origin that could not be reached, or was too slow: others are asked for a while. */
export function noteFailure(context: ProxyContext, route: Route, error: unknown): void {
  if (!(error instanceof HalfwayError)) return;
  if (error.code === "CONNECT" || error.code === "TIMEOUT") {
    context.upstreams?.failed(route.address);
  }
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
  // From now on, since the answer may be older than what is purged meanwhile.
  const flight = context.flights.begin(key, false);
  try {
    await forwardIn(flight, context, session, route);
  } finally {
    context.flights.end(flight);
  }
}

async function forwardIn(
  flight: Flight,
  context: ProxyContext,
  session: Session,
  route: Route,
): Promise<void> {
  const { key } = flight;
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
    // The client is told what was wrong with its body, if it is still there.
    if (body !== null && body.failure !== null) throw error;
    noteFailure(context, route, error);
    if (body !== null && !body.done) session.keepAlive = false;
    writeFailure(session, error);
    return;
  }
  if (body !== null && !body.done) session.keepAlive = false;
  if (response.head.status === 101) {
    context.flights.end(flight);
    if (offeredProtocols(head) !== "" && body === null) {
      await changeProtocol(context, session, response);
    } else {
      // What nobody asked for would turn the client's next request into bytes that nobody looks at.
      response.cancel();
      writeOwnAnswer(session, 502, "the server changed the protocol unasked");
    }
    return;
  }
  const request = { method: head.method, uri: key, fields: head, hasBody: session.hasBody };
  const answer = {
    status: response.head.status,
    reason: response.head.reason,
    fields: response.head,
  };
  const changed = invalidatedUris(request, answer);
  if (changed.length > 0) await invalidate(context, changed, flight);
  const reason = head.method === "GET" ? "bypass" : "method";
  const storable = !isSafeMethod(head.method) && !flight.overtaken &&
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
  const { underWay, maxUnderWayBytes, maxObjectBytes } = context;
  let kept: SharedBody | null = new SharedBody();
  let claimed = 0;
  try {
    await forwardBody(session, response, framing, (piece) => {
      if (kept === null) return;
      underWay.bytes += piece.length;
      claimed += piece.length;
      kept.push(piece);
      if (claimed <= maxObjectBytes && underWay.bytes <= maxUnderWayBytes) return;
      underWay.bytes -= claimed;
      claimed = 0;
      kept = null;
    });
    const bytes = await kept?.stow() ?? null;
    // Until it is in the store a purge has to reach it here.
    if (bytes !== null && !flight.overtaken) {
      await context.store.put(key, Variant.whole(stored, bytes), flight.mark);
    }
  } finally {
    underWay.bytes -= claimed;
  }
}

/** Takes out what a request has made void; the answer to it is passed on even where others can't be told. */
async function invalidate(
  context: ProxyContext,
  uris: readonly string[],
  cause: Flight,
): Promise<void> {
  try {
    await context.purger.purge(uris.map((text) => ({ kind: "key", text })), cause);
  } catch (error) {
    context.observer.node?.({
      type: "node.warning",
      node: NODE,
      timeMs: Date.now(),
      text: `Other caches may still hold ${uris.join(" and ")}: ${describeFailure(error)}`,
    });
  }
}

/** Passes 101 on, and then bytes both ways. */
async function changeProtocol(
  context: ProxyContext,
  session: Session,
  response: OriginResponse,
): Promise<void> {
  const { head } = response;
  const origin = response.detach();
  const { out } = session;
  out.statusLineWith(101, head.reason);
  out.copyEndToEnd(head);
  out.field("Connection", "upgrade");
  const upgrade = head.get("upgrade");
  if (upgrade !== null) out.field("Upgrade", upgrade);
  out.endLine();
  await runTunnel(context, session, origin, `${upgrade ?? "Upgrade"} on ${session.head.target}`);
}
