/**
 * A bare Deno server that answers each request head with one of three canned responses, and looks at no more of it than
 * the first letter of its path: `/s…` 1 KiB and `/l…` 100 KiB that may be kept for an hour, `/m…` 1 KiB that may not be
 * kept. It is the origin of the benchmarks, and the yardstick for what Deno's sockets give at best.
 *
 *     deno run --allow-net=127.0.0.1 scripts/respond_deno.ts PORT
 *
 * @module
 */

const encoder = new TextEncoder();

function canned(bytes: number, cacheControl: string): Uint8Array {
  const head = [
    "HTTP/1.1 200 OK",
    `Date: ${new Date().toUTCString()}`,
    "Content-Type: text/plain",
    `Cache-Control: ${cacheControl}`,
    `Content-Length: ${bytes}`,
  ];
  return encoder.encode(`${head.join("\r\n")}\r\n\r\n${"x".repeat(bytes)}`);
}

const SMALL = canned(1024, "max-age=3600");
const LARGE = canned(100 * 1024, "max-age=3600");
const NOT_KEPT = canned(1024, "no-store");
const L = "l".charCodeAt(0);
const M = "m".charCodeAt(0);
/** Where the first letter of the path stands, after `GET /`. */
const LETTER_AT = 5;

async function answer(connection: Deno.TcpConn): Promise<void> {
  connection.setNoDelay(true);
  const input = new Uint8Array(64 * 1024);
  let end = 0;
  for (;;) {
    const n = await connection.read(input.subarray(end));
    if (n === null) break;
    end += n;
    let start = 0;
    for (let at = 3; at < end; at++) {
      if (input[at] !== 10 || input[at - 1] !== 13 || input[at - 2] !== 10) continue;
      const letter = input[start + LETTER_AT];
      const reply = letter === L ? LARGE : letter === M ? NOT_KEPT : SMALL;
      for (let sent = 0; sent < reply.length;) {
        sent += await connection.write(sent === 0 ? reply : reply.subarray(sent));
      }
      start = at + 1;
    }
    input.copyWithin(0, start, end);
    end -= start;
  }
  connection.close();
}

const listener = Deno.listen({ hostname: "127.0.0.1", port: Number(Deno.args[0]) });
for await (const connection of listener) answer(connection).catch(() => connection.close());
