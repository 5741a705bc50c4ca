/**
 * What a forward proxy has beside its cache: it goes where its clients say, so it asks who they are and where they may go.
 *
 * @module
 */

import { formatAddress } from "../../../net/address.ts";
import type { NetAddress } from "../../../net/connection.ts";
import { parseHost } from "../../../net/host.ts";
import { isInRange, parseIpRange } from "../../../net/ip_address.ts";
import { writeOwnAnswer } from "../answers.ts";
import { HttpSyntaxError } from "../../message/errors.ts";
import { Field } from "../../message/names.ts";
import type { Session } from "../session.ts";
import { AccessRules } from "./access_rules.ts";
import { Authenticator } from "./authenticator.ts";
import type { Resolve } from "./checked_connect.ts";
import { refuse } from "./refusal.ts";

/** Settings of a {@linkcode ForwardSide}. */
export interface ForwardOptions {
  /**
   * Where clients may go, if not anywhere: names, `*.example.com`, addresses and ranges such as `10.0.0.0/8`, each with a
   * port or `:80-90` behind it where it is not about all of them.
   */
  readonly allowHosts?: readonly string[];
  /** Where they may not go, whatever is allowed; written in the same way. */
  readonly denyHosts?: readonly string[];
  /** Ports that CONNECT may go to. @default {[443]} */
  readonly connectPorts?: readonly number[];
  /** Who may ask, each as `USER:HASH`, which `halfway hash USER` prints; anybody if there is none. */
  readonly credentials?: readonly string[];
  /** Gives the addresses of a name, for other resolvers than the system's; those at the front are tried first. */
  readonly resolve?: Resolve;
}

/**
 * Refuses what only a forward proxy obeys: a rule that holds for nothing would be taken for one that protects.
 *
 * @throws {RangeError} If any of it is given.
 */
export function checkNoForwardOptions(options: ForwardOptions): void {
  for (const name of ["allowHosts", "denyHosts", "connectPorts", "credentials"] as const) {
    if ((options[name] ?? []).length === 0) continue;
    throw new RangeError(`Expected no ${name} beside upstream: a reverse proxy goes nowhere else`);
  }
}

/** The forward side of a proxy. */
export class ForwardSide {
  /** Where clients may go. */
  readonly rules: AccessRules;
  readonly #connectPorts: ReadonlySet<number>;
  readonly #authenticator: Authenticator | null;

  /**
   * Reads the settings.
   *
   * @param hostname What the proxy listens on.
   * @throws {RangeError} If a rule, a port or a hash is wrong.
   */
  constructor(options: ForwardOptions, hostname: string) {
    const { allowHosts = [], denyHosts = [], connectPorts = [443], credentials = [] } = options;
    for (const port of connectPorts) {
      if (!Number.isInteger(port) || port < 1 || port > 65535) {
        throw new RangeError(`Expected ports from 1 to 65535 as connectPorts, found ${port}`);
      }
    }
    this.#connectPorts = new Set(connectPorts);
    this.#authenticator = credentials.length > 0 ? new Authenticator(credentials) : null;
    this.rules = new AccessRules({
      allow: allowHosts,
      deny: denyHosts,
      beyondLoopback: !isLoopback(hostname),
    });
  }

  /** Asks who a client is, if that matters. Returns whether it may go on; it has its answer otherwise. */
  async admits(session: Session): Promise<boolean> {
    if (this.#authenticator === null) return true;
    const { head } = session;
    const verdict = await this.#authenticator.check(head.value(Field.proxyAuthorization));
    if (verdict === "right") return true;
    session.keepAlive = session.keepAlive && !session.hasBody;
    if (verdict === "busy") {
      writeOwnAnswer(session, 503, "too many passwords are to be checked; try again", [
        ["Retry-After", "2"],
      ]);
    } else {
      writeOwnAnswer(session, 407, "this proxy asks for a user name and a password", [
        ["Proxy-Authenticate", 'Basic realm="halfway", charset="UTF-8"'],
      ]);
    }
    return false;
  }

  /**
   * Answers a request for what is out of bounds, as far as the target itself says so.
   *
   * @returns Whether it was answered.
   * @throws {HttpSyntaxError} With 400, if the target is no host.
   */
  refuses(session: Session, { hostname, port }: NetAddress): boolean {
    let refusal: string | null;
    try {
      refusal = this.rules.judgeTarget(hostname, port);
    } catch (cause) {
      throw new HttpSyntaxError(400, `In the request target, ${(cause as Error).message}`, {
        cause,
      });
    }
    if (refusal === null && session.head.method === "CONNECT" && !this.#connectPorts.has(port)) {
      const ports = [...this.#connectPorts].join(", ");
      refusal =
        `${formatAddress({ hostname, port })} is refused, since tunnels go to port ${ports}` +
        ` alone; --connect-port ${port} would allow it`;
    }
    if (refusal !== null) refuse(session, refusal);
    return refusal !== null;
  }
}

const LOOPBACK = ["127.0.0.0/8", "::1"].map(parseIpRange);

/** Whether nobody but this machine can reach what listens there. */
function isLoopback(hostname: string): boolean {
  if (hostname.toLowerCase() === "localhost") return true;
  try {
    const { ip } = parseHost(hostname);
    return ip !== null && LOOPBACK.some((range) => isInRange(ip, range));
  } catch {
    return false;
  }
}
