/**
 * Makes message events out of the bytes of text protocols.
 *
 * @module
 */

import type { Observer } from "./observer.ts";

const decoder = new TextDecoder();

/**
 * Tells of a text message. Ask `observer.message !== null` first where bytes would have to be cut out in vain.
 *
 * @param observer Who is told.
 * @param type Which way the message went.
 * @param node The node.
 * @param peer The other end, as `host:port`.
 * @param bytes The message as it was on the wire.
 */
export function tellMessage(
  observer: Observer,
  type: "message.received" | "message.sent",
  node: string,
  peer: string,
  bytes: Uint8Array,
): void {
  observer.message?.({
    type,
    node,
    timeMs: Date.now(),
    peer,
    bytes: bytes.length,
    text: decoder.decode(bytes).trimEnd(),
  });
}
