/**
 * The yardstick under Node: a bare `node:net` server that answers each request with the same bytes.
 *
 *     node scripts/echo_node.mjs PORT REQUEST_LENGTH REPLY_TEXT
 */

import { createServer } from "node:net";

const [port, requestLength, replyText] = process.argv.slice(2);
const reply = Buffer.from(replyText.replaceAll("\\n", "\n"));
const length = Number(requestLength);

createServer({ noDelay: true }, (socket) => {
  let rest = 0;
  socket.on("data", (chunk) => {
    const count = Math.floor((rest + chunk.length) / length);
    rest = (rest + chunk.length) % length;
    if (count === 1) socket.write(reply);
    else if (count > 1) socket.write(Buffer.concat(Array(count).fill(reply)));
  });
  socket.on("error", () => {});
}).listen(Number(port), "127.0.0.1");
