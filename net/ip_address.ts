/**
 * IP addresses as numbers: read strictly, written in one form, and held against ranges.
 *
 * @module
 */

/** An IPv4 or IPv6 address. */
export interface IpAddress {
  /** Which of the two. */
  readonly family: 4 | 6;
  /** Its 32 or 128 bits. */
  readonly value: bigint;
}

/** The addresses that begin with the same bits. */
export interface IpRange {
  /** The first one. */
  readonly first: IpAddress;
  /** How many bits they share: 0 to 32, or 0 to 128. */
  readonly bits: number;
}

const V4_PART = /^(?:0|[1-9]\d{0,2})$/;
const V6_GROUP = /^[0-9a-f]{1,4}$/i;

/**
 * Reads an address in its usual spelling: four decimal numbers without leading zeros, or IPv6 (RFC 4291 §2.2) without
 * brackets and without a zone.
 *
 * @returns `null` if it is neither.
 */
export function parseIp(text: string): IpAddress | null {
  const isV6 = text.includes(":");
  const value = isV6 ? readV6(text) : readV4(text);
  return value === null ? null : { family: isV6 ? 6 : 4, value };
}

function readV4(text: string): bigint | null {
  const parts = text.split(".");
  if (parts.length !== 4) return null;
  let value = 0;
  for (const part of parts) {
    if (!V4_PART.test(part) || Number(part) > 255) return null;
    value = value * 256 + Number(part);
  }
  return BigInt(value);
}

function readV6(text: string): bigint | null {
  const halves = text.split("::");
  if (halves.length > 2) return null;
  const [before, after = []] = halves.map((half) => half === "" ? [] : half.split(":"));
  const tail = halves.length === 2 ? after : before;
  // The last 32 bits may be written as an IPv4 address.
  const last = tail[tail.length - 1];
  if (last?.includes(".")) {
    const v4 = readV4(last);
    if (v4 === null) return null;
    tail.splice(-1, 1, (v4 >> 16n).toString(16), (v4 & 0xffffn).toString(16));
  }
  const missing = 8 - before.length - after.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return null;
  const groups = [...before, ...Array<string>(missing).fill("0"), ...after];
  if (!groups.every((group) => V6_GROUP.test(group))) return null;
  return groups.reduce((value, group) => (value << 16n) | BigInt(`0x${group}`), 0n);
}

/** Writes an address in its one canonical form (RFC 5952). */
export function formatIp({ family, value }: IpAddress): string {
  if (family === 4) return formatV4(value);
  if (value >> 32n === 0xffffn) return `::ffff:${formatV4(value & 0xffff_ffffn)}`;
  const groups = Array.from(
    { length: 8 },
    (_, i) => ((value >> BigInt(112 - 16 * i)) & 0xffffn).toString(16),
  );
  let best = { at: 0, length: 1 };
  for (let at = 0; at < 8; at++) {
    let length = 0;
    while (groups[at + length] === "0") length++;
    if (length > best.length) best = { at, length };
  }
  if (best.length === 1) return groups.join(":");
  return `${groups.slice(0, best.at).join(":")}::${groups.slice(best.at + best.length).join(":")}`;
}

function formatV4(value: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 0xffn).join(".");
}

/**
 * Reads an address, or a range such as `10.0.0.0/8` or `fd00::/8` (RFC 4632). What lies within the IPv4-mapped IPv6
 * addresses becomes a range of IPv4.
 *
 * @throws {RangeError} If it is neither, or a bit is set behind those that are shared.
 */
export function parseIpRange(text: string): IpRange {
  const [before, after, ...more] = text.split("/");
  const ip = parseIp(before);
  const width = ip?.family === 4 ? 32 : 128;
  const bits = after === undefined ? width : /^\d{1,3}$/.test(after) ? Number(after) : NaN;
  if (ip === null || more.length > 0 || !(bits <= width)) {
    throw new RangeError(
      `expected an address or a range such as 10.0.0.0/8 or fd00::/8, found ${
        JSON.stringify(text.slice(0, 60))
      }`,
    );
  }
  const shift = BigInt(width - bits);
  const first = (ip.value >> shift) << shift;
  if (first !== ip.value) {
    const meant = formatIp({ family: ip.family, value: first });
    throw new RangeError(`expected ${meant}/${bits}, found ${JSON.stringify(text)}`);
  }
  if (ip.family === 6 && bits >= 96 && first >> 32n === 0xffffn) {
    return { first: { family: 4, value: first & 0xffff_ffffn }, bits: bits - 96 };
  }
  return { first: ip, bits };
}

/** Whether an address lies in a range. */
export function isInRange(ip: IpAddress, { first, bits }: IpRange): boolean {
  if (ip.family !== first.family) return false;
  const shift = BigInt((ip.family === 4 ? 32 : 128) - bits);
  return ip.value >> shift === first.value >> shift;
}

/**
 * The IPv4 address that an IPv6 address carries, so that packets to the one may end at the other: IPv4-mapped and
 * IPv4-compatible (RFC 4291 §2.5.5), IPv4-translated (RFC 2765), NAT64 (RFC 6052) and 6to4 (RFC 3056).
 *
 * @returns `null` if it carries none.
 */
export function carriedIpv4({ family, value }: IpAddress): IpAddress | null {
  if (family === 4) return null;
  // `::` and `::1` are addresses of their own.
  if (value <= 1n) return null;
  const high = value >> 32n;
  const low = value & 0xffff_ffffn;
  if (high === 0n || high === 0xffffn || high === 0xffff_0000n || high === 0x64_ff9bn << 64n) {
    return { family: 4, value: low };
  }
  if (value >> 112n === 0x2002n) return { family: 4, value: (value >> 80n) & 0xffff_ffffn };
  return null;
}
