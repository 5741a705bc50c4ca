/**
 * What a caching proxy does with each request: answer it from the store, ask the origin whether what is stored still
 * holds, or fetch it, for all who want the same at once.
 *
 * @module
 */

import { isSameSecret } from "./access/secrets.ts";
import { latin1Bytes } from "../message/bytes.ts";
import { PROXY_NAME, sendStored, writeHit, writeNotModified, writeOwnAnswer } from "./answers.ts";
import { answerConnect } from "./connect.ts";
import type { ForwardReason } from "../fields/cache_status.ts";
import { Fetch } from "./fetch.ts";
import { timesPassed } from "../fields/via.ts";
import { describeFailure, forwardUncached } from "./forward.ts";
import { Field } from "../message/names.ts";
import { planBody } from "../policy/body_plan.ts";
import { isNotModified } from "../policy/conditions.ts";
import { decideReuse, isFreshHit, type Reuse } from "../policy/reuse.ts";
import { selectStored } from "../policy/selection.ts";
import type { StoredResponse } from "../policy/stored.ts";
import type { ProxyContext } from "./proxy_context.ts";
import type { Purge } from "../store/purges.ts";
import { type Route, routeOf } from "./routing.ts";
import type { RequestHandler, Session } from "./session.ts";
import type { Variant } from "../store/variant.ts";
import { cacheKey } from "../message/target.ts";
import { offeredProtocols } from "../message/upgrade.ts";

/** A request that passes proxies of our name more often goes round in circles. */
const MAX_PASSES = 10;

/** Rounds through the store for one request: each follows on a change that another request has made. */
const MAX_ROUNDS = 4;

/** Answers the requests of a proxy's clients. */
export class ProxyHandler implements RequestHandler {
  readonly #context: ProxyContext;
  /** Host fields as they are written, and the part of a key that they come to. */
  readonly #origins = new Map<string, string | null>();

  /** Answers out of `context`. */
  constructor(context: ProxyContext) {
    this.#context = context;
  }

  /** Answers a fresh hit for a plain request. */
  quick(session: Session): boolean {
    const { head } = session;
    const key = this.#quickKey(session);
    if (key === null) return false;
    const { store, now } = this.#context;
    const variants = store.get(key);
    if (variants.length !== 1) return false;
    const variant = variants[0];
    const nowMs = now();
    if (variant.stored.varyNames.length > 0 || !isFreshHit(variant.stored, nowMs)) return false;
    if (variant.bodyBytes > QUICK_BODY_BYTES) return false;
    const { out } = session;
    const from = out.length;
    writeHit(session, variant, nowMs);
    if (head.method === "HEAD") return true;
    const body = variant.body;
    if (body.inMemory !== null) out.write(body.inMemory);
    else if (!body.readNow(0, out.extend(body.length))) {
      // It is not there any more: as if nothing had been found.
      out.length = from;
      session.peer.answering = false;
      return false;
    }
    return true;
  }

  /**
   * The key of a request whose target is a path, or an absolute URI as keys are; `null` for the thorough way, which is
   * that of every request to a forward proxy: who asks, and for what, is judged first.
   */
  #quickKey(session: Session): string | null {
    const { head } = session;
    const first = head.buffer[head.targetStart];
    if (this.#context.upstreams === null || first !== 0x2f || head.hasLooseTarget) return null;
    const host = head.value(Field.host);
    if (host === null) return null;
    let origin = this.#origins.get(host);
    if (origin === undefined) {
      origin = /^[a-z0-9.-]+(:(?!80$)[1-9]\d{0,4})?$/.test(host) ? `http://${host}` : null;
      if (this.#origins.size >= 1000) this.#origins.clear();
      this.#origins.set(host, origin);
    }
    return origin === null ? null : origin + head.target;
  }

  /** Answers any request. */
  async handle(session: Session): Promise<void> {
    const { head } = session;
    const { forward } = this.#context;
    const isConnect = head.method === "CONNECT";
    // What has come behind it is for the tunnel, and no request if there is none.
    if (isConnect && session.source.available > 0) session.keepAlive = false;
    if (forward !== null && !await forward.admits(session)) return;
    if (isConnect) {
      await answerConnect(this.#context, session);
      return;
    }
    const route = routeOf(head, this.#context.upstreams);
    if (forward?.refuses(session, route.address)) return;
    const key = cacheKey(route.target);
    if (passes(head) > MAX_PASSES) {
      session.keepAlive = !session.hasBody && session.keepAlive;
      writeOwnAnswer(session, 508, "the request goes round in circles");
    } else if (head.method === "PURGE") await this.#purge(session, key);
    else if (this.#answersItself(session)) return;
    else if (
      (head.method === "GET" || head.method === "HEAD") && !session.hasBody &&
      offeredProtocols(head) === ""
    ) {
      await this.#cached(session, route, key);
    } else await forwardUncached(this.#context, session, route, key);
  }

  async #cached(session: Session, route: Route, key: string): Promise<void> {
    const { store, policy, flights, now } = this.#context;
    const { head } = session;
    let collapsed = false;
    let alone = false;
    let looked = false;
    // Looks once for what others have stored; nothing is waited for where there is nowhere to look.
    const look = (): Promise<void> | null => {
      const further = looked ? null : store.lookFurther(key);
      looked = true;
      return further;
    };
    for (let round = 0;; round++) {
      const loading = store.load(key);
      if (loading !== null) {
        await loading;
        looked = true;
      }
      // What is lost again and again is taken for not found.
      const variants = round > MAX_ROUNDS ? [] : store.get(key);
      const stored = selectStored(variants.map((variant) => variant.stored), head);
      const selected = variants.find((variant) => variant.stored === stored) ?? null;
      const nowMs = now();
      const reuse = decideReuse(head.method, head, stored, nowMs, variants.length > 0);
      let further = mayBeBetterElsewhere(reuse, stored) ? look() : null;
      if (further !== null) {
        await further;
        continue;
      }
      let reason: ForwardReason;
      if (reuse.kind === "gateway-timeout") {
        writeOwnAnswer(session, 504, "nothing that is stored answers this request", [
          ["Cache-Status", "halfway; detail=only-if-cached"],
        ]);
        return;
      } else if (reuse.kind === "validate" || reuse.kind === "forward") {
        reason = reuse.reason;
      } else {
        const plan = planBody(head.method, head, stored!, selected!.held);
        if (plan.kind !== "missing") {
          const answer = { nowMs, status: collapsed ? { hit: true, collapsed } : { hit: true } };
          if (isNotModified(head, stored!, nowMs)) writeNotModified(session, stored!, answer);
          else if (!await sendStored(session, selected!, plan, answer)) {
            // The store has let go of it.
            continue;
          }
          if (reuse.kind === "stale-while-revalidate") {
            this.#revalidate(session, route, key, selected!);
          }
          return;
        }
        further = look();
        if (further !== null) {
          await further;
          continue;
        }
        reason = "partial";
      }
      const request = { session, route, key, variants, selected, reason, collapsed };
      const flight = flights.get(key);
      if (flight !== undefined && !alone && round < MAX_ROUNDS && mayJoin(session, reason)) {
        const outcome = await flight.outcome;
        if (outcome.kind === "body" && await outcome.join(session, now())) return;
        alone = outcome.kind !== "stored";
        collapsed = true;
        continue;
      }
      await new Fetch(this.#context, request, policy).run();
      return;
    }
  }

  /** Asks the origin whether a response still holds that was just served stale; nobody waits for it. */
  #revalidate(session: Session, route: Route, key: string, variant: Variant): void {
    const { flights, policy } = this.#context;
    if (flights.get(key) !== undefined) return;
    Fetch.inBackground(this.#context, { session, route, key, variant }, policy);
  }

  /** OPTIONS and TRACE that are meant for this hop (RFC 9110 §7.6.2). */
  #answersItself(session: Session): boolean {
    const { head } = session;
    if (head.method !== "OPTIONS" && head.method !== "TRACE") return false;
    if (!/^0+$/.test(head.value(Field.maxForwards) ?? "")) return false;
    // Its body stays unread.
    if (session.hasBody) session.keepAlive = false;
    if (head.method === "OPTIONS") {
      session.out.statusLine(204);
      session.out.field("Allow", "GET, HEAD, POST, PUT, DELETE, OPTIONS, PATCH, TRACE");
      session.endHead();
    } else {
      // What was received is the body (RFC 9110 §9.3.8), but for what others should not see.
      const echo = head.lines().filter(([name]) =>
        !/^(authorization|proxy-authorization|cookie)$/i.test(name)
      )
        .map(([name, value]) => `${name}: ${value}\r\n`).join("");
      const text = `TRACE ${head.target} HTTP/1.${head.minorVersion}\r\n${echo}\r\n`;
      session.out.statusLine(200);
      session.out.field("Content-Type", "message/http");
      session.out.field("Content-Length", text.length);
      session.endHead();
      session.out.write(latin1Bytes(text));
    }
    return true;
  }

  async #purge(session: Session, key: string): Promise<void> {
    const { purger, purgeToken } = this.#context;
    const { head, peer } = session;
    const local = /^(127\.|::1$|::ffff:127\.)/.test(peer.connection.remoteAddr.hostname);
    const allowed = purgeToken === null
      ? local
      : isSameSecret(head.get("purge-token") ?? "", purgeToken);
    if (session.hasBody) session.keepAlive = false;
    if (!allowed) {
      writeOwnAnswer(session, 403, "PURGE is for this machine, or for those who know the token");
      return;
    }
    const purge: Purge = key.endsWith("*")
      ? { kind: "prefix", text: key.slice(0, -1) }
      : { kind: "key", text: key };
    let count: number;
    try {
      count = await purger.purge([purge]);
    } catch (error) {
      writeOwnAnswer(
        session,
        502,
        `purged here, but others may not have: ${describeFailure(error)}`,
      );
      return;
    }
    writeOwnAnswer(session, count > 0 ? 200 : 404, `${count} purged`);
  }
}

/** A larger body is sent from where it lies, which takes its time. */
const QUICK_BODY_BYTES = 32 * 1024;

/**
 * Whether a request may wait for what another one fetches. One that has passed a proxy of our name might be that other
 * one, come back in a circle, and wait for itself.
 */
function mayJoin(session: Session, reason: ForwardReason): boolean {
  const { head } = session;
  return head.method === "GET" && passes(head) === 0 && !head.has(Field.authorization) &&
    (reason === "uri-miss" || reason === "vary-miss" || reason === "stale");
}

/** Whether those who share the store may have stored since what answers a request better. */
function mayBeBetterElsewhere(reuse: Reuse, stored: StoredResponse | null): boolean {
  if (reuse.kind === "validate") return reuse.reason === "stale" && !stored!.alwaysValidate;
  if (reuse.kind === "forward") return reuse.reason === "vary-miss";
  return reuse.kind === "stale-while-revalidate" || reuse.kind === "gateway-timeout";
}

/** How often a request has passed a proxy of our name. */
function passes(head: Session["head"]): number {
  return timesPassed(head.value(Field.via), PROXY_NAME);
}
