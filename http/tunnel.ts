/**
 * Bytes both ways between a client and an origin, until both have closed.
 *
 * @module
 */

import { Phase } from "../net/activity.ts";
import type { Connection } from "../net/connection.ts";
import type { Peer } from "../net/peer.ts";
import type { ByteSource } from "./byte_source.ts";

/**
 * Passes bytes on in both directions. When one side has closed, the other is told and may go on.
 *
 * @param peer The client; its idle limit counts for both directions.
 * @param fromClient What has come from the client already, and what comes.
 * @param origin The other end.
 * @param fromOrigin What has come from there already, and what comes.
 */
export async function tunnel(
  peer: Peer,
  fromClient: ByteSource,
  origin: Connection,
  fromOrigin: ByteSource,
): Promise<void> {
  const alive = (): void => peer.activity.enter(Phase.BODY);
  alive();
  try {
    await Promise.all([
      pass(fromClient, origin, alive),
      pass(fromOrigin, peer.connection, alive),
    ]);
  } catch {
    // One side is gone without a word: so is the other then.
  }
}

async function pass(from: ByteSource, to: Connection, alive: () => void): Promise<void> {
  for (;;) {
    while (from.start < from.end) {
      from.start += await to.write(from.buffer.subarray(from.start, from.end));
      alive();
    }
    if (!await from.fill(true)) break;
    alive();
  }
  await to.closeWrite();
}
