/**
 * The yardstick: a bare Deno server that answers each read with the same bytes, as many times as the request is in it.
 *
 *     deno run --allow-net=127.0.0.1 scripts/echo_deno.ts PORT REQUEST_LENGTH REPLY_TEXT
 *
 * A reply `@FILE` is the bytes of that file, which takes `--allow-read`.
 *
 * @module
 */

const [port, requestLength, replyText] = Deno.args;
const reply = replyText.startsWith("@")
  ? await Deno.readFile(replyText.slice(1))
  : new TextEncoder().encode(replyText.replaceAll("\\n", "\n"));
const length = Number(requestLength);
const listener = Deno.listen({ hostname: "127.0.0.1", port: Number(port) });

async function answer(connection: Deno.TcpConn): Promise<void> {
  connection.setNoDelay(true);
  const input = new Uint8Array(64 * 1024);
  const most = Math.floor(input.length / length) + 1;
  const output = new Uint8Array(most * reply.length);
  for (let i = 0; i < most; i++) output.set(reply, i * reply.length);
  let rest = 0;
  for (;;) {
    const n = await connection.read(input);
    if (n === null) break;
    const count = Math.floor((rest + n) / length);
    rest = (rest + n) % length;
    let sent = 0;
    while (sent < count * reply.length) {
      sent += await connection.write(output.subarray(sent, count * reply.length));
    }
  }
  connection.close();
}

for await (const connection of listener) answer(connection).catch(() => connection.close());
