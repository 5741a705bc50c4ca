/**
 * Connections that are made only to addresses that were judged: a name is resolved once, and what is connected to is one
 * of the addresses that it had then, so that it can't change in between.
 *
 * @module
 */

import { lookup } from "node:dns/promises";
import { formatAddress } from "../../../net/address.ts";
import type { Connection, ConnectOptions } from "../../../net/connection.ts";
import { ConnectError, TimeoutError } from "../../../net/errors.ts";
import { parseHost } from "../../../net/host.ts";
import { formatIp, type IpAddress, parseIp } from "../../../net/ip_address.ts";
import { reasonOf } from "../../../net/network_errors.ts";
import { connect as connectTcp } from "../../../net/runtime.ts";
import type { AccessRules } from "./access_rules.ts";
import { AccessDeniedError } from "./refusal.ts";

/** Gives the addresses of a name, those to be tried first at the front; fails if it has none. */
export type Resolve = (hostname: string) => Promise<readonly string[]>;

/** Addresses of one name that are tried. */
const MAX_ADDRESSES = 16;

/** Names that are resolved at a time: a system that is slow in it must not be asked without end. */
const MAX_RESOLVING = 256;

/** Asks the system. */
export async function resolveBySystem(hostname: string): Promise<string[]> {
  return (await lookup(hostname, { all: true })).map(({ address }) => address);
}

/**
 * Makes the function that an {@linkcode OriginPool} connects with.
 *
 * @param rules What may be reached.
 * @param resolve Gives the addresses of names.
 */
export function checkedConnect(
  rules: AccessRules,
  resolve: Resolve = resolveBySystem,
): (options: ConnectOptions) => Promise<Connection> {
  const resolving = new Map<string, Promise<readonly string[]>>();
  const resolveOnce: Resolve = (name) => {
    let answer = resolving.get(name);
    if (answer === undefined) {
      if (resolving.size >= MAX_RESOLVING) throw new Error("too many names are being resolved");
      answer = resolve(name).finally(() => resolving.delete(name));
      resolving.set(name, answer);
    }
    return answer;
  };
  return async (options) => {
    const { hostname, port, timeoutMs = 5_000 } = options;
    const asked = formatAddress(options);
    const untilMs = performance.now() + timeoutMs;
    const late = (cause?: unknown): TimeoutError =>
      new TimeoutError(`Cannot connect to ${asked}: no answer within ${timeoutMs} ms`, { cause });
    const host = parseHost(hostname);
    const ips = host.ip !== null
      ? [host.ip]
      : await addressesOf(host.name, resolveOnce, timeoutMs, asked, late);
    const verdicts = ips.map((ip) => rules.judgeAddress(host, port, ip));
    const allowed = ips.filter((_, i) => verdicts[i] === null);
    const [refusal] = verdicts;
    if (allowed.length === 0 && refusal !== null) {
      throw new AccessDeniedError(refusal, ips.map(formatIp));
    }
    let failure: unknown;
    for (const [i, ip] of allowed.entries()) {
      // Each gets its share of what is left, so that one that says nothing leaves time for the next.
      const leftMs = untilMs - performance.now();
      if (leftMs <= 0) break;
      try {
        return await connectTcp({
          hostname: formatIp(ip),
          port,
          timeoutMs: Math.max(1, Math.ceil(leftMs / (allowed.length - i))),
        });
      } catch (error) {
        failure = error;
      }
    }
    // The sentences name what was asked for, and not what it came to.
    if (!(failure instanceof ConnectError)) throw late(failure);
    const reason = reasonOf(failure.cause);
    const named = allowed.some((ip) => reason.includes(formatIp(ip)));
    throw new ConnectError(`Cannot connect to ${asked}: ${named ? "no way there" : reason}`, {
      cause: failure,
    });
  };
}

async function addressesOf(
  name: string,
  resolve: Resolve,
  timeoutMs: number,
  asked: string,
  late: () => TimeoutError,
): Promise<IpAddress[]> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), timeoutMs);
  });
  let texts: readonly string[];
  try {
    texts = await Promise.race([resolve(name), limit]);
  } catch (error) {
    if (error instanceof TimeoutError) throw error;
    throw new ConnectError(`Cannot connect to ${asked}: ${reasonOf(error)}`, { cause: error });
  } finally {
    clearTimeout(timer);
  }
  const ips = texts.slice(0, MAX_ADDRESSES).map(parseIp).filter((ip) => ip !== null);
  if (ips.length === 0) throw new ConnectError(`Cannot connect to ${asked}: no such host`);
  return ips;
}
