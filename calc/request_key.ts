/**
 * The key of a request in a proxy's cache: its data, byte for byte, and whether it asks for steps. Spec: calc, 2.6.
 *
 * A text with one character a byte serves as key: the engine makes, hashes and compares it far faster than any loop over
 * the bytes could, and seeds its hash, so that nobody can choose keys that collide.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { HEADER_LENGTH } from "./header.ts";
import type { CalcPacket } from "./packet.ts";

/** Cuts the key out of any byte array; the documented `toString("latin1")` wants a `Buffer` made first. */
const { latin1Slice } = Buffer.prototype as unknown as {
  latin1Slice(this: Uint8Array, start: number, end: number): string;
};

/**
 * The key of a request. The steps flag takes the place of the last padding byte of the header, which nobody reads, so
 * that flag and data are cut out in one piece.
 */
export function requestKey(packet: CalcPacket): string {
  const { buffer, dataStart, end } = packet;
  buffer[dataStart - 1] = packet.header.steps ? 1 : 0;
  return bytesText(buffer, dataStart - 1, end);
}

/** Any bytes as a text with one character each, to be the key of a map. */
export function bytesText(bytes: Uint8Array, start: number, end: number): string {
  return latin1Slice.call(bytes, start, end);
}

/** The data of a request, out of its key, behind room for a header. */
export function requestOfKey(key: string): Uint8Array {
  const bytes = new Uint8Array(HEADER_LENGTH + key.length - 1);
  for (let i = 1; i < key.length; i++) bytes[HEADER_LENGTH + i - 1] = key.charCodeAt(i);
  return bytes;
}
