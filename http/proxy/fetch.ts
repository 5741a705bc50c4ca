/**
 * One fetch for the cache: asks the origin, with conditions if something is stored; updates the store by what comes, and
 * answers the client.
 *
 * @module
 */

import type { HalfwayError } from "../../net/errors.ts";
import { AccessDeniedError } from "./access/refusal.ts";
import { sendPieces, sendStored, writeForwardedHead, writeNotModified } from "./answers.ts";
import type { CacheStatus } from "../fields/cache_status.ts";
import { exchange, NoAnswerError, type OriginResponse } from "./exchange.ts";
import { FieldList, type FieldReader } from "../message/field_reader.ts";
import { bodyOutcome, type Flight } from "./flight.ts";
import { describeFailure, forwardBody, interimTo, noteFailure, writeFailure } from "./forward.ts";
import { BodyKind } from "../message/framing.ts";
import { planBody } from "../policy/body_plan.ts";
import { isNotModified } from "../policy/conditions.ts";
import { freshen, judgeHead, mustDrop, touch } from "../policy/freshening.ts";
import type { PolicyOptions } from "../policy/options.ts";
import { mayServeOnError, type UpstreamFailure } from "../policy/reuse.ts";
import { makeStored, type PolicyRequest, whyNotStorable } from "../policy/storable.ts";
import type { StoredResponse } from "../policy/stored.ts";
import { CONDITION_FIELDS, conditionalFields, identifyValidated } from "../policy/validation.ts";
import type { CachedRequest, ProxyContext } from "./proxy_context.ts";
import { writeOriginRequest } from "./request_writer.ts";
import type { Route } from "./routing.ts";
import type { Session } from "./session.ts";
import { SharedBody } from "./shared_body.ts";
import type { Variant } from "../store/variant.ts";
import { SPILL_FROM_BYTES, storeBody } from "./storing.ts";

/** A stored response to be validated while nobody waits. */
interface Background {
  readonly session: Session;
  readonly route: Route;
  readonly key: string;
  readonly variant: Variant;
}

/** A fetch. */
export class Fetch {
  readonly #context: ProxyContext;
  readonly #request: CachedRequest;
  readonly #policy: PolicyOptions;
  readonly #flight: Flight;
  readonly #fields: FieldReader;
  readonly #policyRequest: PolicyRequest;
  /** No client waits. */
  readonly #background: boolean;

  /** Prepares a fetch for a request, in the `background` if no client waits for it. */
  constructor(
    context: ProxyContext,
    request: CachedRequest,
    policy: PolicyOptions,
    background = false,
  ) {
    this.#context = context;
    this.#request = request;
    this.#policy = policy;
    this.#background = background;
    const { head } = request.session;
    // A session that does not wait goes on to its next request.
    this.#fields = background ? new FieldList(head.lines()) : head;
    // What is asked with HEAD has no body for others to wait for.
    this.#flight = context.flights.begin(request.key, head.method !== "HEAD");
    this.#policyRequest = { method: head.method, uri: request.key, fields: this.#fields };
  }

  /** Runs a validation that no client waits for. */
  static inBackground(context: ProxyContext, work: Background, policy: PolicyOptions): void {
    const { session, route, key, variant } = work;
    const request: CachedRequest = {
      session,
      route,
      key,
      variants: [variant],
      selected: variant,
      reason: "stale",
      collapsed: false,
    };
    const fetch = new Fetch(context, request, policy, true);
    fetch.#inFlight(() => fetch.#validateAlone(variant)).catch(() => {});
  }

  /** Fetches, and answers the client. */
  async run(): Promise<void> {
    const { session } = this.#request;
    const how = session.head.method === "HEAD" ? "as asked" : "validate";
    await this.#inFlight(() => this.#ask(how));
  }

  /** Lets others join while `work` goes on. */
  async #inFlight(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } finally {
      this.#flight.land({ kind: "alone" });
      this.#context.flights.end(this.#flight);
    }
  }

  /** The stored responses whose validators are sent. */
  #nominated(): readonly Variant[] {
    const { session, selected, variants, reason } = this.#request;
    if (session.head.method === "HEAD" || reason === "partial" || reason === "bypass") return [];
    return selected !== null ? [selected] : variants;
  }

  /**
   * Asks the origin.
   *
   * @param how With conditions of ours if something is stored that can be validated; with the client's own; or without
   * any.
   */
  async #ask(how: "validate" | "as asked" | "without conditions"): Promise<void> {
    const { session, selected } = this.#request;
    const nominated = how === "validate" ? this.#nominated() : [];
    const lines = conditionalFields(nominated.map((variant) => variant.stored), this.#policy);
    const ours = lines.length > 0;
    let response: OriginResponse;
    try {
      // The client's own conditions stay where we have none: what it holds may be all that is needed.
      response = await this.#exchange(ours || how === "without conditions" ? lines : null);
    } catch (error) {
      const conditional = ours || hasConditions(this.#fields);
      if (error instanceof NoAnswerError && how !== "without conditions" && conditional) {
        // Some origins hang up on conditions that they can't read.
        await this.#ask("without conditions");
        return;
      }
      await this.#onFailure(error as HalfwayError);
      return;
    }
    const { head } = response;
    if (head.status === 304 && ours) {
      if (!await this.#onNotModified(response, nominated)) await this.#ask("without conditions");
    } else if (
      selected !== null && head.status >= 500 && this.#mayServeStale(selected, head.status)
    ) {
      response.cancel();
      const failure = new Error(`the server answered ${head.status}`);
      await this.#sendStale(selected, { forward: "stale", forwardStatus: head.status }, failure);
    } else if (head.status === 101) {
      // Nobody asked for it: what goes by here asks for no upgrade.
      response.cancel();
      writeFailure(session, new Error("the server changed the protocol unasked"));
    } else {
      if (session.head.method === "HEAD" && selected !== null) this.#onHead(response, selected);
      await this.#onResponse(response);
    }
  }

  #exchange(
    conditions: Parameters<typeof writeOriginRequest>[2]["conditions"],
  ): Promise<OriginResponse> {
    const { session, route } = this.#request;
    const { forwarded } = this.#context;
    return exchange(this.#context, {
      address: route.address,
      method: session.head.method,
      head: writeOriginRequest(session.head, route.target, {
        conditions,
        forwardedFor: forwarded ? session.peer.connection.remoteAddr.hostname : null,
      }),
      body: null,
      repeatable: true,
      onInterim: (head) => this.#background ? undefined : interimTo(session, head),
    });
  }

  /** Nothing came. */
  async #onFailure(error: HalfwayError): Promise<void> {
    const { session, selected, route } = this.#request;
    noteFailure(this.#context, route, error);
    // Who may not go there is not given what was fetched when others might.
    const denied = error instanceof AccessDeniedError;
    if (selected !== null && !denied && this.#mayServeStale(selected, "disconnected")) {
      const status = { forward: "stale", detail: describeFailure(error) } as const;
      await this.#sendStale(selected, status, error);
      return;
    }
    writeFailure(session, error);
  }

  /** Whether a stored response may take the place of a failure, and all of it that is asked for is held. */
  #mayServeStale(variant: Variant, failure: UpstreamFailure): boolean {
    const { head } = this.#request.session;
    const nowMs = this.#context.now();
    return mayServeOnError(variant.stored, this.#fields, failure, nowMs, this.#policy) &&
      planBody(head.method, head, variant.stored, variant.held).kind !== "missing";
  }

  async #sendStale(variant: Variant, status: CacheStatus, failure: unknown): Promise<void> {
    const { session } = this.#request;
    const nowMs = this.#context.now();
    const plan = planBody(session.head.method, session.head, variant.stored, variant.held);
    const answer = { nowMs, status };
    if (isNotModified(session.head, variant.stored, nowMs)) {
      writeNotModified(session, variant.stored, answer);
    } else if (!await sendStored(session, variant, plan, answer)) writeFailure(session, failure);
  }

  /** The origin says that what is stored still holds. Returns `false` if it said nothing of what we have. */
  async #onNotModified(response: OriginResponse, nominated: readonly Variant[]): Promise<boolean> {
    const { session } = this.#request;
    const variant = this.#update(response, nominated);
    if (variant === null) return false;
    this.#flight.land({ kind: "stored" });
    const nowMs = this.#context.now();
    const plan = planBody(session.head.method, session.head, variant.stored, variant.held);
    if (plan.kind === "missing") return false;
    const status = { forward: "stale", forwardStatus: 304, stored: true } as const;
    const answer = { nowMs, status: { ...status, forward: this.#request.reason } };
    if (isNotModified(session.head, variant.stored, nowMs)) {
      writeNotModified(session, variant.stored, answer);
      return true;
    }
    return await sendStored(session, variant, plan, answer);
  }

  /** Brings the store up to date by a 304. Returns what it is about, or `null`. */
  #update(response: OriginResponse, nominated: readonly Variant[]): Variant | null {
    const { store, now } = this.#context;
    const { key } = this.#request;
    const { head, times } = response;
    const nowMs = now();
    const validated = identifyValidated(nominated.map(({ stored }) => stored), head);
    response.finish();
    if (validated.kind === "none") return null;
    const replace = (stored: StoredResponse, after: StoredResponse): Variant => {
      const before = nominated.find((variant) => variant.stored === stored)!;
      const variant = before.with(after);
      if (mustDrop(head, this.#policy)) store.remove(key, before);
      else store.replace(key, before, variant, this.#flight.mark);
      return variant;
    };
    if (validated.kind === "touch") {
      return replace(validated.target, touch(validated.target, times, nowMs, this.#policy));
    }
    const options = { policy: this.#policy, request: this.#fields };
    const updated = validated.targets.map((stored, i) =>
      replace(
        stored,
        freshen(stored, head, times, nowMs, i === 0 ? options : { policy: this.#policy }),
      )
    );
    return updated[0];
  }

  #onHead(response: OriginResponse, selected: Variant): void {
    const { store, now } = this.#context;
    const { key } = this.#request;
    const { head, times } = response;
    const judged = judgeHead(selected.stored, selected.bodyBytes, {
      status: head.status,
      fields: head,
    });
    if (judged === "invalidate") store.remove(key, selected);
    else if (judged === "update") {
      const stored = freshen(selected.stored, head, times, now(), { policy: this.#policy });
      store.replace(key, selected, selected.with(stored), this.#flight.mark);
    }
  }

  /** A response that is not about what is stored. */
  async #onResponse(response: OriginResponse): Promise<void> {
    const { session, reason, collapsed } = this.#request;
    const stored = this.#storable(response);
    const status: CacheStatus = {
      forward: session.head.method === "HEAD" ? "method" : reason,
      ...(stored !== null ? { stored: true } : {}),
      ...(collapsed ? { collapsed } : {}),
    };
    if (stored === null) {
      this.#flight.land({ kind: "alone" });
      const framing = writeForwardedHead(session, response.head, status);
      await forwardBody(session, response, framing);
      return;
    }
    const body = new SharedBody();
    const length = response.head.bodyKind === BodyKind.length
      ? response.head.contentLength
      : response.head.bodyKind === BodyKind.none
      ? 0
      : null;
    this.#flight.land(bodyOutcome(stored, body, length));
    const reader = body.read();
    // What has been read of the body already is in it before the client's head leaves.
    const pumping = storeBody(this.#context, {
      flight: this.#flight,
      response,
      stored,
      body,
      length,
    });
    try {
      const framing = writeForwardedHead(session, response.head, status);
      await sendPieces(session, reader, framing, () => response.body.trailers);
    } finally {
      reader.leave();
      // Those who join from now on find it in the store.
      await pumping;
    }
  }

  /** What will be stored of a response, or `null`. */
  #storable(response: OriginResponse): StoredResponse | null {
    const { admission, maxObjectBytes, now } = this.#context;
    const { key } = this.#request;
    if (this.#flight.overtaken) return null;
    const { head, times } = response;
    const answer = { status: head.status, reason: head.reason, fields: head };
    // Every request counts for admission, whatever comes of it; what is stored already has been let in.
    const admitted = admission === null || admission.admits(key, now()) ||
      this.#request.variants.length > 0;
    if (!admitted || head.contentLength > maxObjectBytes) return null;
    // What is on its way is held in memory too, if there is no other place.
    const { underWay, maxUnderWayBytes, store } = this.#context;
    const length = Math.max(0, head.contentLength);
    const claimed = store.spills ? Math.min(length, SPILL_FROM_BYTES) : length;
    if (underWay.bytes + claimed > maxUnderWayBytes) return null;
    if (whyNotStorable(this.#policyRequest, answer, this.#policy) !== null) return null;
    return makeStored(this.#policyRequest, answer, times, now(), this.#policy);
  }

  /** Validates a stored response for those who come later. */
  async #validateAlone(variant: Variant): Promise<void> {
    const lines = conditionalFields([variant.stored], this.#policy);
    const response = await this.#exchange(lines);
    const { status } = response.head;
    if (status === 304 && lines.length > 0) {
      this.#update(response, [variant]);
      this.#flight.land({ kind: "stored" });
      return;
    }
    const stored = status >= 500 ? null : this.#storable(response);
    if (stored === null) {
      response.cancel();
      return;
    }
    const body = new SharedBody();
    const reader = body.read();
    const pumping = storeBody(this.#context, {
      flight: this.#flight,
      response,
      stored,
      body,
      length: null,
    });
    try {
      while (await reader.next() !== null);
    } finally {
      reader.leave();
      await pumping;
    }
    this.#flight.land({ kind: "stored" });
  }
}

function hasConditions(fields: FieldReader): boolean {
  return CONDITION_FIELDS.some((name) => fields.get(name) !== null);
}
