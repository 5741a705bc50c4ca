/**
 * User names and passwords in the Basic scheme (RFC 7617).
 *
 * @module
 */

import { Buffer } from "node:buffer";

/** What a client says of itself. */
export interface BasicCredentials {
  /** The user. */
  readonly user: string;
  /** The password, as it was sent. */
  readonly password: Uint8Array;
}

const COLON = 58;

/**
 * Reads the value of Authorization or Proxy-Authorization.
 *
 * @returns `null` if it is in another scheme, or can't be read.
 */
export function parseBasic(value: string): BasicCredentials | null {
  const match = /^basic +([a-z\d+/]+={0,2})$/i.exec(value.trim());
  if (match === null) return null;
  const bytes = new Uint8Array(Buffer.from(match[1], "base64"));
  const colon = bytes.indexOf(COLON);
  if (colon < 1) return null;
  try {
    const user = new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(0, colon));
    return { user, password: bytes.subarray(colon + 1) };
  } catch {
    return null;
  }
}

/**
 * Writes the value of Authorization or Proxy-Authorization.
 *
 * @param credentials `USER:PASSWORD`; the first colon divides them.
 * @throws {TypeError} If there is no user and colon. The sentence holds nothing of what was given.
 */
export function formatBasic(credentials: string): string {
  if (credentials.indexOf(":") < 1) throw new TypeError("Expected credentials as USER:PASSWORD");
  return `Basic ${Buffer.from(credentials, "utf8").toString("base64")}`;
}
