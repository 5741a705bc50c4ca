/**
 * Where a request goes: the origin of its target for a forward proxy, the one behind us for a reverse proxy.
 *
 * @module
 */

import type { NetAddress } from "../../net/connection.ts";
import { HttpSyntaxError } from "../message/errors.ts";
import type { RequestHead } from "../message/request_head.ts";
import { parseAuthority, readTarget, type RequestTarget } from "../message/target.ts";
import { Field } from "../message/names.ts";

/** A request's target, and whom to ask for it. */
export interface Route {
  /** The target, taken apart. */
  readonly target: RequestTarget;
  /** Whom to connect to. */
  readonly address: NetAddress;
}

/** How long an origin that could not be reached is passed over while there are others, in milliseconds. */
const SICK_MS = 5_000;

/** The origins behind a reverse proxy, in turn; those that fail are passed over for a while. */
export class Upstreams {
  readonly #addresses: readonly NetAddress[];
  readonly #sickUntilMs: number[];
  #next = 0;

  /** Takes one address or more. */
  constructor(addresses: readonly NetAddress[]) {
    this.#addresses = addresses;
    this.#sickUntilMs = addresses.map(() => 0);
  }

  /** The next one in turn. */
  pick(): NetAddress {
    const { length } = this.#addresses;
    const now = performance.now();
    for (let i = 0; i < length; i++) {
      const at = (this.#next + i) % length;
      if (this.#sickUntilMs[at] <= now) {
        this.#next = (at + 1) % length;
        return this.#addresses[at];
      }
    }
    // All of them have failed of late: one of them has to be tried.
    this.#next = (this.#next + 1) % length;
    return this.#addresses[this.#next];
  }

  /** Notes that one could not be reached. */
  failed(address: NetAddress): void {
    const at = this.#addresses.indexOf(address);
    if (at >= 0 && this.#addresses.length > 1) this.#sickUntilMs[at] = performance.now() + SICK_MS;
  }
}

/**
 * Finds the route of a request.
 *
 * @param upstreams The origins of a reverse proxy, or `null` for a forward proxy.
 * @throws {HttpSyntaxError} With 400, if the target does not fit.
 */
export function routeOf(head: RequestHead, upstreams: Upstreams | null): Route {
  const target = readTarget(head);
  if (upstreams !== null) {
    if (target.form === "absolute") {
      const host = parseAuthority(head.value(Field.host) ?? "");
      const foreign = host === null || host.host !== target.host ||
        (host.port || 80) !== target.port || target.scheme !== "http";
      // Two readers could take two hosts for the one that is meant (RFC 9112 §3.2.2).
      if (foreign) throw new HttpSyntaxError(400, "Expected a target on the host that Host names");
    }
    return { target, address: upstreams.pick() };
  }
  if (target.form === "origin" || target.form === "asterisk") {
    throw new HttpSyntaxError(
      400,
      "Expected a target with its host, as clients send it to a forward proxy; " +
        "start the proxy with --upstream to stand in front of one server",
    );
  }
  if (target.scheme !== "http") {
    throw new HttpSyntaxError(400, "Expected an http target; https goes through a tunnel");
  }
  const hostname = target.host.startsWith("[") ? target.host.slice(1, -1) : target.host;
  return { target, address: { hostname, port: target.port } };
}
