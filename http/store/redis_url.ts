/**
 * The address of a Redis, as it is given and as it may be shown.
 *
 * @module
 */

import { UsageError } from "../../net/errors.ts";

/**
 * Checks where a Redis is said to be.
 *
 * @returns The same without user and password.
 * @throws {UsageError} If the URL is none of a Redis. What it says holds nothing of the URL: there may be a password.
 */
export function checkRedisUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (
    url === null || !/^rediss?:$/.test(url.protocol) || url.hostname === "" ||
    !/^\/?\d{0,5}$/.test(url.pathname) || url.search !== "" || url.hash !== "" ||
    !isEncoded(url.username) || !isEncoded(url.password)
  ) {
    throw new UsageError(
      "Expected a store such as redis://127.0.0.1:6379 or rediss://user:password@host:6380/1",
    );
  }
  return `${url.protocol}//${url.host}${url.pathname}`;
}

function isEncoded(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
