/**
 * Addresses that a proxy must not be led to by a stranger: what answers there takes whoever reaches it for a neighbour.
 *
 * @module
 */

import { type IpAddress, type IpRange, isInRange, parseIpRange } from "../../../net/ip_address.ts";

/** A kind of address that is refused unless a rule names it. */
export interface DeniedClass {
  /** What it is, with its article. */
  readonly name: string;
  /** Whether it is refused even to clients on this machine, who could go there themselves. */
  readonly always: boolean;
}

interface Row extends DeniedClass {
  readonly ranges: readonly IpRange[];
}

const ROWS: readonly Row[] = [
  // Before link-local, which the first of them is as well: the more telling name.
  row("a cloud metadata address", true, [
    "169.254.169.254",
    "fd00:ec2::254",
    "100.100.100.200",
    "192.0.0.192",
  ]),
  row("a link-local address", true, ["169.254.0.0/16", "fe80::/10"]),
  row("a multicast address", true, ["224.0.0.0/4", "ff00::/8"]),
  row("a broadcast or reserved address", true, ["240.0.0.0/4"]),
  // 0.0.0.0 and :: reach this machine too.
  row("a loopback address", false, ["127.0.0.0/8", "0.0.0.0/8", "::1", "::"]),
  row("a private address", false, [
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "fc00::/7",
    "fec0::/10",
    // NAT64 of one's own network (RFC 8215), which may lead to any address behind it.
    "64:ff9b:1::/48",
  ]),
  row("a carrier's shared address", false, ["100.64.0.0/10"]),
  row("a special-purpose address", false, ["198.18.0.0/15", "192.0.0.0/24"]),
];

function row(name: string, always: boolean, ranges: readonly string[]): Row {
  return { name, always, ranges: ranges.map(parseIpRange) };
}

/**
 * Which kind of refused address one is.
 *
 * @param beyondLoopback Whether others than this machine can reach the proxy.
 * @returns `null` if it is an address like any other.
 */
export function deniedClassOf(ip: IpAddress, beyondLoopback: boolean): DeniedClass | null {
  return ROWS.find(({ always, ranges }) =>
    (always || beyondLoopback) && ranges.some((range) => isInRange(ip, range))
  ) ?? null;
}
