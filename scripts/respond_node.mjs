/**
 * The yardstick under Node: a bare `node:http` server that answers each request with the same 1 KiB.
 *
 *     node scripts/respond_node.mjs PORT
 */

import { createServer } from "node:http";
import process from "node:process";

const body = Buffer.alloc(1024, "x");
const fields = {
  "Content-Type": "text/plain",
  "Cache-Control": "max-age=3600",
  "Content-Length": body.length,
};

createServer((_, response) => {
  response.writeHead(200, fields);
  response.end(body);
}).listen(Number(process.argv[2]), "127.0.0.1");
