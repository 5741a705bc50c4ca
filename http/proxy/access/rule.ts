/**
 * Rules on where a proxy may go: `example.com`, `*.example.com:8080`, `10.0.0.0/8:80-90`, `[::1]:80`.
 *
 * @module
 */

import { type Host, parseHost } from "../../../net/host.ts";
import {
  formatIp,
  type IpAddress,
  type IpRange,
  isInRange,
  parseIpRange,
} from "../../../net/ip_address.ts";

/** A rule, taken apart. Exactly one of `range`, `name`, `suffix` and `any` says which hosts it names. */
export interface AccessRule {
  /** As it was written. */
  readonly text: string;
  /** The addresses that it names, or `null`. */
  readonly range: IpRange | null;
  /** The one name that it names, or `null`. */
  readonly name: string | null;
  /** What the names end with that it names, with its leading dot, or `null`. */
  readonly suffix: string | null;
  /** Whether it names every host. */
  readonly any: boolean;
  /** The first port. */
  readonly fromPort: number;
  /** The last port. */
  readonly toPort: number;
}

/**
 * Reads a rule: a name, `*.` and a name for all below it, `*` for every host, an address or a range of addresses, each
 * with a port or a range of ports behind a colon if it is not about all of them. An IPv6 address that a port follows
 * stands in brackets.
 *
 * @throws {RangeError} If it is none of these.
 */
export function parseAccessRule(text: string): AccessRule {
  const { host, ports } = split(text);
  const [fromPort, toPort] = ports === null ? [1, 65535] : readPorts(ports, text);
  const rule = { text, range: null, name: null, suffix: null, any: false, fromPort, toPort };
  if (host === "*") return { ...rule, any: true };
  try {
    if (host.includes("/")) return { ...rule, range: parseIpRange(host) };
    if (host.startsWith("*.")) {
      const { ip, name } = parseHost(host.slice(2));
      if (ip === null) return { ...rule, suffix: `.${name}` };
    } else {
      const { ip, name } = parseHost(host);
      if (ip === null) return { ...rule, name };
      return { ...rule, range: parseIpRange(formatIp(ip)) };
    }
  } catch (cause) {
    throw wrong(text, cause instanceof Error ? `: ${cause.message}` : "");
  }
  throw wrong(text);
}

/** Cuts the ports off. The colons of an IPv6 address without brackets are its own. */
function split(text: string): { host: string; ports: string | null } {
  const match = /^\[([^[\]/]*:[^[\]/]*)(?:\](\/\d+)?|(\/\d+)\])(?::(.*))?$/.exec(text) ??
    /^()([^:/]*:[^:/]*:[^/]*(?:\/\d+)?)()(?::(.*))?$/.exec(text) ??
    /^()([^:]*)()(?::(.*))?$/.exec(text);
  if (match === null) throw wrong(text);
  const [, address, after = "", within = "", ports = null] = match;
  return { host: address + within + after, ports };
}

function readPorts(text: string, rule: string): [from: number, to: number] {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text);
  const from = Number(match?.[1]);
  const to = Number(match?.[2] ?? match?.[1]);
  if (!(from >= 1 && from <= to && to <= 65535)) {
    throw wrong(rule, ": a port is 1 to 65535, a range of ports such as 80-90");
  }
  return [from, to];
}

function wrong(text: string, reason = ""): RangeError {
  return new RangeError(
    "expected a rule such as example.com, *.example.com:8080, 10.0.0.0/8 or [::1]:80-90, found " +
      JSON.stringify(text.slice(0, 60)) + reason,
  );
}

/** Whether a rule is about a port. */
export function isAboutPort({ fromPort, toPort }: AccessRule, port: number): boolean {
  return port >= fromPort && port <= toPort;
}

/** Whether a rule names a host as it was asked for, whatever the port. */
export function namesHost({ any, name, suffix }: AccessRule, host: Host): boolean {
  return any || (host.ip === null &&
    (host.name === name || (suffix !== null && host.name.endsWith(suffix))));
}

/** Whether a rule names an address, whatever the port. */
export function namesAddress({ any, range }: AccessRule, ip: IpAddress): boolean {
  return any || (range !== null && isInRange(ip, range));
}
