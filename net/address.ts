/**
 * Addresses as people write them: `host:port`, `[::1]:port`, `:port`.
 *
 * @module
 */

import type { NetAddress } from "./connection.ts";

/**
 * Writes an address as `host:port`, an IPv6 address in brackets.
 *
 * @example
 * ```ts
 * import { formatAddress } from "@halfway/proxy";
 *
 * console.log(formatAddress({ hostname: "::1", port: 6001 })); // [::1]:6001
 * ```
 */
export function formatAddress(address: NetAddress): string {
  const { hostname, port } = address;
  return hostname.includes(":") ? `[${hostname}]:${port}` : `${hostname}:${port}`;
}

/**
 * Reads `host:port`, `[ipv6]:port` or `:port` (this machine).
 *
 * @param text What was written.
 * @returns The address; the port is 1 to 65535.
 * @throws {RangeError} If it is none of these.
 */
export function parseAddress(text: string): NetAddress {
  const match = /^(?:\[([0-9a-fA-F:.%\w]+)\]|([^:[\]\s/]*)):(\d{1,5})$/.exec(text);
  const port = match === null ? 0 : Number(match[3]);
  if (match === null || port < 1 || port > 65535) {
    throw new RangeError(
      `expected an address such as 127.0.0.1:6002, [::1]:6002 or :6002, found ${
        JSON.stringify(text.slice(0, 60))
      }`,
    );
  }
  return { hostname: match[1] ?? (match[2] === "" ? "127.0.0.1" : match[2]), port };
}
