import { readFile, writeFile } from "node:fs/promises";
import { assertEquals, assertMatch } from "../../asserts.ts";
import { testWith } from "../../harness.ts";
import { formatPasswordHash, hashPassword } from "../../../http/proxy/access/password_hash.ts";
import { startHttpProxy } from "../../../http/proxy/proxy.ts";
import { formatAddress } from "../../../net/address.ts";
import { startTlsOrigin } from "../../support/tls_origin.ts";
import { curl, digest, noise, scripted } from "../curl.ts";
import { makeFolder } from "../files.ts";
import { ok, type OriginScript } from "../origin.ts";

const NEEDS = ["curl", "openssl"];

const LARGE = noise(20_000_000);

/** A TLS origin behind a proxy that makes tunnels to its port, or to none that is there. */
async function stage({ allowed = true, credentials = [] as string[] } = {}) {
  const folder = await makeFolder({});
  const origin = await startTlsOrigin(folder.path, async (request, response) => {
    if (request.url === "/large") return void response.end(LARGE);
    const pieces: Uint8Array[] = [];
    for await (const piece of request) pieces.push(piece);
    const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
    let at = 0;
    for (const piece of pieces) {
      bytes.set(piece, at);
      at += piece.length;
    }
    response.end(`${request.method} ${request.url} ${digest(bytes)}\n`);
  });
  const proxy = await startHttpProxy({
    port: 0,
    connectPorts: [allowed ? origin.addr.port : 443],
    credentials,
  });
  return {
    folder,
    url: `https://${formatAddress(origin.addr)}`,
    proxy: formatAddress(proxy.addr),
    origin,
    curl: (...args: string[]) =>
      curl(folder.path, formatAddress(proxy.addr), ["--cacert", origin.certificate, ...args]),
    async [Symbol.asyncDispose]() {
      await proxy[Symbol.asyncDispose]();
      await origin[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

testWith(
  NEEDS,
  "curl speaks TLS with an origin through CONNECT, request after request in one tunnel",
  async () => {
    await using at = await stage();
    const through = ["-x", at.proxy, "--cacert", at.origin.certificate];
    const count = ["-w", "%{http_connect} %{num_connects}\n"];
    const { code, stdout, stderr } = await at.curl(
      ...[...count, `${at.url}/1`, "--next", ...through, ...count, `${at.url}/2`],
    );
    const empty = digest("");
    assertEquals(stdout, `GET /1 ${empty}\n200 1\nGET /2 ${empty}\n000 0\n`);
    assertEquals([code, stderr], [0, ""]);
  },
);

testWith(NEEDS, "curl gets much and sends much through CONNECT, byte for byte", async () => {
  await using at = await stage();
  const args = ["--limit-rate", "40M", "-o", at.folder.at("copy")];
  const { code, stderr } = await at.curl(...args, `${at.url}/large`);
  assertEquals([code, stderr], [0, ""]);
  assertEquals(digest(await readFile(at.folder.at("copy"))), digest(LARGE));
  await writeFile(at.folder.at("upload"), LARGE);
  const { stdout } = await at.curl("-T", at.folder.at("upload"), `${at.url}/up`);
  assertEquals(stdout, `PUT /up ${digest(LARGE)}\n`);
});

testWith(NEEDS, "curl is told why there is no tunnel", async () => {
  for (const allowed of [false, true]) {
    await using at = await stage({ allowed });
    await at.origin[Symbol.asyncDispose]();
    const { code, stdout, stderr } = await at.curl("-v", `${at.url}/1`);
    assertEquals([code, stdout], [56, ""]);
    assertMatch(stderr, allowed ? /^< HTTP\/1\.1 502 /m : /^< HTTP\/1\.1 403 /m);
  }
});

/** The users of a proxy that asks who they are. */
async function alice(): Promise<string[]> {
  return [`alice:${formatPasswordHash(await hashPassword("open: sesame"))}`];
}

/** What curl is told of its user, and whether it is let through. */
const LOGINS: readonly (readonly [args: readonly string[], known: boolean])[] = [
  [[], false],
  [["--proxy-user", "alice:open"], false],
  [["--proxy-user", "bob:open: sesame"], false],
  [["--proxy-user", "alice:open: sesame"], true],
  // It asks without a password first, and again when it knows what it is asked for.
  [["--proxy-anyauth", "--proxy-user", "alice:open: sesame"], true],
];

testWith(
  ["curl"],
  "curl --proxy-user is let through with the right password alone, which no origin sees",
  async () => {
    const script: OriginScript = (_, reply) => reply(ok("one", "Cache-Control: max-age=60"));
    await using at = await scripted(script, { credentials: await alice() });
    for (const [args, known] of LOGINS) {
      const { code, stdout } = await at.curl("-i", ...args, `${at.url}/1`);
      assertEquals(code, 0);
      // What is stored is for those who may ask, too.
      const last = stdout.slice(stdout.lastIndexOf("HTTP/1.1"));
      assertMatch(
        last,
        known
          ? /^HTTP\/1\.1 200 [^]*\r\n\r\none$/
          : /^HTTP\/1\.1 407 [^]*Proxy-Authenticate: Basic /,
        args.join(" "),
      );
    }
    assertEquals(at.origin.seen.map((request) => request.get("proxy-authorization")), [null]);
  },
);

testWith(NEEDS, "curl --proxy-user opens a tunnel with the right password alone", async () => {
  await using at = await stage({ credentials: await alice() });
  for (const [args, known] of LOGINS) {
    const { code, stdout, stderr } = await at.curl("-v", ...args, `${at.url}/1`);
    const expected = known ? [0, `GET /1 ${digest("")}\n`] : [56, ""];
    assertEquals([code, stdout], expected, args.join(" "));
    if (!known) assertMatch(stderr, /^< HTTP\/1\.1 407 /m);
  }
});
