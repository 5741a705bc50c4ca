/**
 * Hosts as requests name them. An address may be spelled in ways that resolvers understand and people overlook, such as
 * `2130706433` or `0x7f.1`: whoever judges a host has to see the address that is meant.
 *
 * @module
 */

import { type IpAddress, parseIp } from "./ip_address.ts";

/** A host: an address, or a name that has to be resolved. */
export interface Host {
  /** The address, or `null` for a name. */
  readonly ip: IpAddress | null;
  /** The name in lower case without its final dot; empty for an address. */
  readonly name: string;
}

/** RFC 1035 §3.1, as text; no sane spelling of an address is longer either. */
const MAX_LENGTH = 253;

/** What ends like this is a number to some resolver, and no name. */
const NUMERIC_END = /(?:^|\.)(?:\d+|0x[\da-f]*)$/;
const NAME = /^[a-z\d_-]+(?:\.[a-z\d_-]+)*$/;

/**
 * Reads a host: a name, an IPv6 address with or without brackets, or an IPv4 address as `inet_aton` reads it: one to
 * four numbers, decimal, octal with a leading 0 or hexadecimal with 0x, of which the last fills all bytes that are left.
 *
 * @throws {RangeError} If it is none of these; an IPv6 address with a zone among them.
 */
export function parseHost(text: string): Host {
  const bracketed = text.startsWith("[") && text.endsWith("]");
  if (bracketed || text.includes(":")) {
    const ip = parseIp(bracketed ? text.slice(1, -1) : text);
    if (ip?.family === 6) return { ip, name: "" };
    throw new RangeError(`expected an IPv6 address without a zone, found ${quoted(text)}`);
  }
  const name = (text.endsWith(".") ? text.slice(0, -1) : text).toLowerCase();
  if (name.length <= MAX_LENGTH && NUMERIC_END.test(name)) {
    const value = readNumbers(name.split("."));
    if (value !== null) return { ip: { family: 4, value: BigInt(value) }, name: "" };
    throw new RangeError(`expected an IPv4 address such as 192.0.2.1, found ${quoted(text)}`);
  }
  if (!NAME.test(name) || name.length > MAX_LENGTH) {
    throw new RangeError(`expected a host name such as example.com, found ${quoted(text)}`);
  }
  return { ip: null, name };
}

function readNumbers(parts: readonly string[]): number | null {
  if (parts.length > 4) return null;
  let value = 0;
  for (const [i, part] of parts.entries()) {
    const number = readNumber(part);
    const bytes = i < parts.length - 1 ? 1 : 5 - parts.length;
    if (!(number < 256 ** bytes)) return null;
    value = value * 256 ** bytes + number;
  }
  return value;
}

function readNumber(text: string): number {
  if (/^0x[\da-f]+$/.test(text)) return parseInt(text.slice(2), 16);
  if (/^0[0-7]*$/.test(text)) return parseInt(text, 8);
  return /^[1-9]\d*$/.test(text) ? Number(text) : NaN;
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 60));
}
