/**
 * Tells of messages in one line each: what was asked, and what came of it.
 *
 * @module
 */

import type { Observer } from "../../observe/observer.ts";
import { latin1 } from "../message/bytes.ts";

/** The name of the proxy in events. */
export const NODE = "http proxy";

/** Tells of a message; ask first whether anybody listens. */
export function tell(
  observer: Observer,
  type: "message.received" | "message.sent",
  peer: string,
  bytes: number,
  text: string,
): void {
  observer.message?.({ type, node: NODE, timeMs: Date.now(), peer, bytes, text });
}

/** A request that is sent: its first line and its conditions. */
export function requestText(head: Uint8Array): string {
  const lines = latin1(head, 0, head.length).split("\r\n");
  const conditions = lines.slice(1).filter((line) => /^(if-|range:)/i.test(line));
  return [lines[0], ...conditions].join(" · ");
}
