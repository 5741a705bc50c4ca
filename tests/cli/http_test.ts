import { readFile } from "node:fs/promises";
import { assert, assertEquals, assertMatch, assertThrows } from "../asserts.ts";
import { test } from "../harness.ts";
import { runProgram } from "../programs.ts";
import { UsageError } from "../../net/errors.ts";
import { readRules } from "../../cli/http_nodes.ts";
import { startFileServer } from "../../http/server/file_server.ts";
import { startHttpProxy } from "../../http/proxy/proxy.ts";
import { makeFolder } from "../http/files.ts";
import { RawClient } from "../http/origin.ts";
import { readText, TcpOrigin } from "../http/tunnels.ts";

async function withServer() {
  const folder = await makeFolder({ "1.txt": "one\n", "large": new Uint8Array(300_000).fill(97) });
  const server = await startFileServer({
    root: folder.path,
    port: 0,
    cacheControl: [["**", "max-age=60"]],
  });
  return {
    folder,
    address: server.addr,
    url: `127.0.0.1:${server.addr.port}`,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

test("client http prints the body, and the header where it is asked for", async () => {
  await using server = await withServer();
  const run = (...args: string[]) => runProgram("client", { args: ["http", ...args] });
  const plain = await run(`${server.url}/1.txt`);
  assertEquals([plain.code, plain.stdout, plain.stderr], [0, "one\n", ""]);
  const part = await run("-i", "-H", "Range: bytes=0-1", `http://${server.url}/1.txt`);
  assertMatch(part.stdout, /^HTTP\/1\.1 206 Partial Content\n(.+\n)+Content-Length: 2\n\non$/);
  const head = await run("-I", `${server.url}/1.txt`);
  assertMatch(head.stdout, /^HTTP\/1\.1 200 OK\n(.+\n)+\n$/);
  const large = await run(`${server.url}/large`);
  assertEquals(large.stdout.length, 300_000);
});

test("client http writes the body to a file, byte for byte", async () => {
  await using server = await withServer();
  const args = ["http", "--output", server.folder.at("copy"), `${server.url}/large`];
  const { code, stdout } = await runProgram("client", { args });
  assertEquals([code, stdout], [0, ""]);
  const [copy, large] = await Promise.all(
    ["copy", "large"].map((name) => readFile(server.folder.at(name))),
  );
  assert(copy.equals(large));
});

test("client http --repeat shows miss, stored, hit through a proxy", async () => {
  await using server = await withServer();
  await using proxy = await startHttpProxy({ port: 0, admitAfter: 2 });
  const through = [
    "http",
    "--proxy",
    `127.0.0.1:${proxy.addr.port}`,
    "--repeat",
    "3",
    `http://${server.url}/1.txt`,
  ];
  const { stdout } = await runProgram("client", { args: through });
  const lines = stdout.trimEnd().split("\n");
  assertEquals(lines.length, 3);
  for (const [i, verdict] of ["miss", "stored", "hit"].entries()) {
    assertMatch(lines[i], new RegExp(`^200 +4 B +[\\d.]+ ms +(age \\d+ +)?${verdict} +halfway; `));
  }
  const json = await runProgram("client", { args: ["http", "--json", ...through.slice(1)] });
  const [first] = json.stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
  assertEquals([first.status, first.bytes, first.verdict], [200, 4, "hit"]);
});

test("client http ends with the code of what went wrong", async () => {
  await using server = await withServer();
  const cases: [args: string[], code: number, stderr: RegExp][] = [
    [[`${server.url}/nothing`], 1, /^$/],
    [["-d", "a", `${server.url}/1.txt`], 1, /^$/],
    [["ftp://a.example/"], 2, /Expected an http URL/],
    [["-H", "nonsense", server.url], 2, /--header: expected 'Name: value'/],
    [["-H", "A b: c", server.url], 2, /token as field name/],
    [["-d", "@/nowhere", server.url], 2, /--data: cannot read/],
    [["-o", "/nowhere/x", `${server.url}/1.txt`], 2, /--output: cannot write/],
    [[], 2, /URL is missing/],
    [["127.0.0.1:1"], 3, /Cannot connect/],
  ];
  for (const [args, code, stderr] of cases) {
    const ended = await runProgram("client", { args: ["http", ...args] });
    assertEquals(ended.code, code, args.join(" "));
    assertMatch(ended.stderr, stderr, args.join(" "));
  }
});

test("server http serves a folder until it is told to stop", async () => {
  await using folder = await makeFolder({ "1.txt": "one\n" });
  let stdout = "";
  let asked: Promise<void> | undefined;
  const { code } = await runProgram("server", {
    args: ["http", "--port", "0", "--root", folder.path, "--cache-control", "*.txt=no-cache"],
    onStderr(text, kill) {
      const port = /Listening on 127\.0\.0\.1:(\d+)/.exec(text)?.[1];
      if (port === undefined) return;
      asked ??= runProgram("client", { args: ["http", "-i", `127.0.0.1:${port}/1.txt`] })
        .then((ended) => {
          stdout = ended.stdout;
          kill("SIGTERM");
        });
    },
  });
  assertEquals(code, 0);
  assertMatch(stdout, /\nCache-Control: no-cache\n(.+\n)+\none\n$/);
});

test("proxy http stands in front of the servers that it is given, with the settings that it is given", async () => {
  await using server = await withServer();
  let stdout = "";
  let asked: Promise<void> | undefined;
  const { code } = await runProgram("proxy", {
    args: ["http", "--port", "0", "--upstream", server.url, "--admit-after", "3"],
    onStderr(text, kill) {
      const port = /Listening on 127\.0\.0\.1:(\d+)/.exec(text)?.[1];
      if (port === undefined) return;
      const args = ["http", "--json", "--repeat", "4", `127.0.0.1:${port}/1.txt`];
      asked ??= runProgram("client", { args }).then((ended) => {
        stdout = ended.stdout;
        kill("SIGTERM");
      });
    },
  });
  assertEquals(code, 0);
  const verdicts = stdout.trimEnd().split("\n").map((line) => JSON.parse(line).verdict);
  assertEquals(verdicts, ["miss", "miss", "stored", "hit"]);
});

test("proxy http logs what went through a tunnel that its drain cuts", async () => {
  using origin = await TcpOrigin.start();
  const port = String(origin.addr.port);
  let opened: Promise<RawClient> | undefined;
  const { code, stderr } = await runProgram("proxy", {
    args: ["http", "--port", "0", "--connect-port", port, "--drain-timeout", "100ms"],
    onStderr(text, kill) {
      const listening = /Listening on 127\.0\.0\.1:(\d+)/.exec(text)?.[1];
      if (listening === undefined || opened !== undefined) return;
      opened = (async () => {
        const client = await RawClient.connect({ hostname: "127.0.0.1", port: Number(listening) });
        await client.send(`CONNECT ${origin.target} HTTP/1.1\r\nHost: h\r\n\r\n12345`);
        assertEquals(await readText(await origin.accept(), 5), "12345");
        kill("SIGTERM");
        return client;
      })();
    },
  });
  using client = await opened!;
  assertEquals(await client.rest(), "HTTP/1.1 200 OK\r\n\r\n");
  assertEquals(code, 0);
  assertMatch(stderr, new RegExp(`CONNECT ${origin.target} · 5 bytes up · 0 bytes down · `));
});

test("readRules takes GLOB=VALUE apart at the first equals sign", () => {
  assertEquals(readRules(["*.html=no-cache", "img/**= max-age=60", "x="]), [
    ["*.html", "no-cache"],
    ["img/**", "max-age=60"],
    ["x", ""],
  ]);
  for (const text of ["nonsense", "=value", "a=b\x01"]) {
    assertThrows(() => readRules([text]), UsageError, "--cache-control: ");
  }
});
