/**
 * An origin that speaks TLS, with a certificate made for the test that nobody has signed but itself.
 *
 * @module
 */

import { readFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import { join } from "node:path";
import type { NetAddress } from "../../net/connection.ts";
import { mustRunClean } from "./clean_run.ts";

/** An origin that is listening. */
export interface TlsOrigin extends AsyncDisposable {
  readonly addr: NetAddress;
  /** The file with its certificate. */
  readonly certificate: string;
}

/** Starts one on a free port; it needs openssl, and keeps its files in `folder`. */
export async function startTlsOrigin(
  folder: string,
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<TlsOrigin> {
  await mustRunClean("openssl", [
    ...["req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"],
    ...["-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"],
    ...["-keyout", "key.pem", "-out", "certificate.pem"],
  ], { home: folder });
  const certificate = join(folder, "certificate.pem");
  const key = await readFile(join(folder, "key.pem"));
  const server = createServer({ key, cert: await readFile(certificate) }, answer);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as { port: number };
  return {
    addr: { hostname: "127.0.0.1", port },
    certificate,
    async [Symbol.asyncDispose]() {
      if (!server.listening) return;
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}
