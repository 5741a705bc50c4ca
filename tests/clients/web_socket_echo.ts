/**
 * The least of a WebSocket server (RFC 6455): it sends back each short text, and the wish to close.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { ScriptedOrigin, writeAll } from "../http/origin.ts";

/** What a server proves itself with (RFC 6455 §1.3). */
const SERVER_ID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const CLOSE = 8;

/** Starts one on a free port. */
export function startWebSocketEcho(): Promise<ScriptedOrigin> {
  return ScriptedOrigin.start(async (request, reply, connection) => {
    const key = request.get("sec-websocket-key");
    const accept = createHash("sha1").update(`${key}${SERVER_ID}`).digest("base64");
    await reply(
      "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
        `Sec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    const buffer = new Uint8Array(4096);
    let end = 0;
    for (;;) {
      const n = await connection.read(buffer.subarray(end));
      if (n === null) return false;
      end += n;
      // Two bytes of head, four of the mask, and up to 125 of the text: longer frames have another head.
      while (end >= 6 && end >= 6 + (buffer[1] & 127)) {
        const length = buffer[1] & 127;
        const text = buffer.slice(6, 6 + length).map((byte, i) => byte ^ buffer[2 + i % 4]);
        await writeAll(connection, Uint8Array.of(buffer[0], length, ...text));
        if ((buffer[0] & 15) === CLOSE) return false;
        buffer.copyWithin(0, 6 + length, end);
        end -= 6 + length;
      }
    }
  });
}
