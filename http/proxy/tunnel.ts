/**
 * Bytes both ways between a client and an origin, until both have closed.
 *
 * @module
 */

import type { Connection } from "../../net/connection.ts";
import type { ByteSource } from "../message/byte_source.ts";
import type { OriginConnection } from "./origin_pool.ts";
import type { ProxyContext } from "./proxy_context.ts";
import type { Session } from "./session.ts";
import { tell } from "./tell.ts";

/** One end of a tunnel. */
interface TunnelEnd {
  readonly connection: Connection;
  /** What has come from there already, and what comes. */
  readonly source: ByteSource;
  close(): void;
}

/**
 * Sends what is in `session.out`, and then passes bytes on in both directions, each at the pace of whom they go to. When
 * one side has closed, the other is told and may go on; when one is gone without a word, so is the other. The tunnel ends
 * with a silence of `tunnelTimeoutMs`.
 *
 * @param origin The other end, which is closed at the end.
 * @param what What the tunnel is for, as the log calls it.
 */
export async function runTunnel(
  context: ProxyContext,
  session: Session,
  origin: OriginConnection,
  what: string,
): Promise<void> {
  const { pool, deadlines, observer, tunnelTimeoutMs } = context;
  const { peer } = session;
  const beganMs = performance.now();
  session.detached = true;
  peer.answering = true;
  // A tunnel whose client has closed its half waits for the origin alone: it has to end with the client all the same.
  peer.onClose = () => pool.drop(origin);
  const client = {
    connection: peer.connection,
    source: session.source,
    close: () => peer.close(),
  };
  const server = {
    connection: origin.connection,
    source: origin.source,
    close: () => pool.drop(origin),
  };
  let silent = false;
  const silence = deadlines.within(tunnelTimeoutMs > 0 ? tunnelTimeoutMs : Infinity, () => {
    silent = true;
    peer.close();
  });
  const moved = { up: 0, down: 0 };
  try {
    await peer.flush();
    await Promise.all([
      pass(client, server, (bytes) => {
        moved.up += bytes;
        silence.restart();
      }),
      pass(server, client, (bytes) => {
        moved.down += bytes;
        silence.restart();
      }),
    ]);
  } finally {
    silence.cancel();
    pool.drop(origin);
    if (observer.message !== null) {
      const parts = [
        what,
        `${moved.up} bytes up`,
        `${moved.down} bytes down`,
        `${((performance.now() - beganMs) / 1000).toFixed(1)} s`,
        ...(silent ? [`ended by ${tunnelTimeoutMs} ms of silence`] : []),
      ];
      tell(observer, "message.sent", peer.address, moved.down, parts.join(" · "));
    }
  }
}

/** Passes on what comes from one end until it closes. Never fails: it has closed the ends then. */
async function pass(
  from: TunnelEnd,
  to: TunnelEnd,
  moved: (bytes: number) => void,
): Promise<void> {
  const { source } = from;
  for (;;) {
    while (source.start < source.end) {
      let taken: number;
      try {
        taken = await to.connection.write(source.buffer.subarray(source.start, source.end));
      } catch {
        // It takes no more, but what it sent before is still on its way; where that ends, the tunnel ends.
        return;
      }
      source.start += taken;
      moved(taken);
    }
    try {
      if (!await source.fill(true)) break;
    } catch {
      from.close();
      to.close();
      return;
    }
    moved(0);
  }
  // Fails if the other end is gone, which its own direction finds out.
  await to.connection.closeWrite().catch(() => {});
}
