import { readFile, writeFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../../asserts.ts";
import { testWith } from "../../harness.ts";
import { latin1 } from "../../../http/message/bytes.ts";
import { formatAddress } from "../../../net/address.ts";
import { digest, noise, scripted, stage, VERDICT } from "../curl.ts";
import { ok, ScriptedOrigin } from "../origin.ts";

testWith(["curl"], "curl gets a file through the proxy, and again from its cache", async () => {
  await using at = await stage({ "1.txt": "one\n" });
  const first = await at.curl("-i", `${at.url}/1.txt`);
  assertMatch(
    first.stdout,
    /^HTTP\/1\.1 200 OK\r\n[^]*\r\nCache-Status: halfway; fwd=uri-miss; stored\r\n/,
  );
  const second = await at.curl("-i", `${at.url}/1.txt`);
  assertMatch(second.stdout, /\r\nAge: \d+\r\n[^]*\r\n\r\none\n$/);
  assertMatch(second.stdout, /\r\nCache-Status: halfway; hit; ttl=\d+\r\n/);
  assertEquals([first.code, first.stderr, second.code, second.stderr], [0, "", 0, ""]);
});

testWith(["curl"], "curl --next goes on on the connection that it has to the proxy", async () => {
  await using at = await stage({ "1.txt": "one\n", "2.txt": "two\n" });
  const one = ["-w", VERDICT, "-o", "/dev/null"];
  const { stdout } = await at.curl(
    ...[...one, `${at.url}/1.txt`, "--next", "-x", formatAddress(at.proxy.addr)],
    ...[...one, "-I", `${at.url}/1.txt`, "--next", "-x", formatAddress(at.proxy.addr)],
    ...[...one, `${at.url}/2.txt`],
  );
  assertMatch(
    stdout,
    /^200 halfway; fwd=uri-miss; stored 1\n200 halfway; hit; ttl=\d+ 0\n200 halfway; fwd=uri-miss; stored 0\n$/,
  );
});

testWith(
  ["curl"],
  "curl -I gets the header alone, before and after the file is stored",
  async () => {
    await using at = await stage({ "1.txt": "one\n" });
    for (const verdict of ["fwd=method", "hit"]) {
      const { code, stdout } = await at.curl("-I", `${at.url}/1.txt`);
      assertEquals(code, 0);
      assertMatch(stdout, /^HTTP\/1\.1 200 OK\r\n[^]*\r\nContent-Length: 4\r\n[^]*\r\n\r\n$/);
      assertStringIncludes(stdout, `Cache-Status: halfway; ${verdict}`);
      await at.curl(`${at.url}/1.txt`);
    }
  },
);

testWith(["curl"], "curl -0 is answered, and the connection closed", async () => {
  await using at = await stage({ "1.txt": "one\n" });
  for (const verdict of ["fwd=uri-miss; stored", "hit"]) {
    const { code, stdout } = await at.curl("-0", "-i", `${at.url}/1.txt`);
    assertEquals(code, 0);
    assertMatch(stdout, /\r\nConnection: close\r\n\r\none\n$/);
    assertStringIncludes(stdout, `Cache-Status: halfway; ${verdict}`);
  }
});

testWith(["curl"], "curl -r gets parts, from the origin and out of what is stored", async () => {
  const bytes = noise(100_000);
  await using at = await stage({ "large": bytes });
  const ranges: [range: string, start: number, end: number][] = [
    ["0-9", 0, 10],
    ["99990-", 99_990, 100_000],
    ["-7", 99_993, 100_000],
    ["500-70000", 500, 70_001],
  ];
  for (const isStored of [false, true]) {
    if (isStored) await at.curl("-o", "/dev/null", `${at.url}/large`);
    for (const [range, start, end] of ranges) {
      const args = ["-r", range, "-o", at.folder.at("out/part"), "-w", VERDICT];
      const { stdout } = await at.curl(...args, `${at.url}/large`);
      assertMatch(stdout, /^206 /, range);
      if (isStored) assertMatch(stdout, /halfway; hit/, range);
      const part = await readFile(at.folder.at("out/part"));
      assertEquals(digest(part), digest(bytes.subarray(start, end)), range);
    }
    const several = await at.curl("-i", "-r", "0-0,99999-99999", `${at.url}/large`);
    assertMatch(several.stdout, /Content-Type: multipart\/byteranges; boundary=/i);
    const beyond = await at.curl(
      "-o",
      "/dev/null",
      "-r",
      "100000-",
      "-w",
      VERDICT,
      `${at.url}/large`,
    );
    assertMatch(beyond.stdout, /^416 /);
  }
});

testWith(["curl"], "curl -C - goes on where a download broke off", async () => {
  const bytes = noise(1_000_000);
  for (const isStored of [false, true]) {
    await using at = await stage({ "large": bytes });
    if (isStored) await at.curl("-o", "/dev/null", `${at.url}/large`);
    await writeFile(at.folder.at("out/copy"), bytes.subarray(0, 345_678));
    const args = ["-C", "-", "-o", at.folder.at("out/copy"), "-w", VERDICT];
    const { code, stdout } = await at.curl(...args, `${at.url}/large`);
    assertEquals(code, 0);
    assertMatch(stdout, isStored ? /^206 halfway; hit/ : /^206 halfway; fwd=/);
    assertEquals(digest(await readFile(at.folder.at("out/copy"))), digest(bytes));
  }
});

testWith(
  ["curl"],
  "curl waits for 100 Continue, and its upload arrives byte for byte",
  async () => {
    const bytes = noise(9_000_000);
    await using at = await scripted(async (request, reply) => {
      if (request.get("expect") === "100-continue") await reply("HTTP/1.1 100 Continue\r\n\r\n");
      const body = await request.body();
      await reply(ok(digest(Uint8Array.from(body, (character) => character.charCodeAt(0)))));
    });
    await writeFile(at.folder.at("upload"), bytes);
    const put = [
      "-H",
      "Expect: 100-continue",
      "--expect100-timeout",
      "30",
      "-T",
      at.folder.at("upload"),
    ];
    const known = await at.curl(...put, `${at.url}/known`);
    assertEquals([known.stdout, known.stderr], [digest(bytes), ""]);
    const chunked = await at.curl(...put, "-H", "Transfer-Encoding: chunked", `${at.url}/chunked`);
    assertEquals([chunked.stdout, chunked.stderr], [digest(bytes), ""]);
    const post = await at.curl("--data-binary", `@${at.folder.at("upload")}`, `${at.url}/post`);
    assertEquals([post.stdout, post.stderr], [digest(bytes), ""]);
    const seen = at.origin.seen.map((request) => [
      request.method,
      request.get("content-length"),
      request.get("transfer-encoding"),
    ]);
    const length = String(bytes.length);
    assertEquals(seen, [["PUT", length, null], ["PUT", null, "chunked"], ["POST", length, null]]);
  },
);

testWith(["curl"], "curl sends no body where the origin refuses it first", async () => {
  await using at = await scripted(async (request, reply) => {
    if (request.target === "/413") {
      await reply(
        "HTTP/1.1 413 Content Too Large\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbig\n",
      );
      return false;
    }
    if (request.get("expect") !== null) {
      await reply(
        "HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
      );
      return false;
    }
    await reply(ok(digest(await request.body())));
  });
  const text = "x".repeat(2_000_000);
  await writeFile(at.folder.at("upload"), text);
  const args = ["-H", "Expect: 100-continue", "--expect100-timeout", "30", "-T"];
  const file = at.folder.at("upload");
  const written = ["-w", "%{http_code} %{size_upload}"];
  const refused = await at.curl(...args, file, ...written, `${at.url}/413`);
  assertEquals([refused.code, refused.stdout], [0, "big\n413 0"]);
  const unmet = await at.curl(...args, file, ...written, `${at.url}/417`);
  assertEquals([unmet.code, unmet.stdout], [0, "417 0"]);
  const again = await at.curl("-H", "Expect:", "-T", file, `${at.url}/417`);
  assertEquals([again.code, again.stdout], [0, digest(text)]);
  const expected = at.origin.seen.map((request) => request.get("expect"));
  assertEquals(expected, ["100-continue", "100-continue", null]);
});

testWith(["curl"], "curl --compressed and curl without it get variants side by side", async () => {
  const text = "a compressible text, ".repeat(500);
  const zipped = gzipSync(text);
  const fields = ["Vary: Accept-Encoding", "Cache-Control: max-age=60"];
  await using at = await scripted((request, reply) =>
    /\bgzip\b/.test(request.get("accept-encoding") ?? "")
      ? reply(ok(latin1(zipped, 0, zipped.length), "Content-Encoding: gzip", ...fields))
      : reply(ok(text, ...fields))
  );
  for (let round = 0; round < 2; round++) {
    for (const args of [["--compressed"], []]) {
      const { code, stdout } = await at.curl(...args, `${at.url}/text`);
      assertEquals([code, stdout], [0, text]);
    }
    assertEquals(at.origin.seen.length, 2);
  }
});

testWith(
  ["curl"],
  "curl reads slowly what is larger than the cache takes, and another reads it meanwhile",
  async () => {
    const bytes = noise(64 * 1024 * 1024);
    await using at = await stage({ "large": bytes });
    const [slow, fast] = await Promise.all([
      at.curl("--limit-rate", "48M", "-o", at.folder.at("out/slow"), `${at.url}/large`),
      at.curl("-o", at.folder.at("out/fast"), `${at.url}/large`),
    ]);
    assertEquals([slow.code, slow.stderr, fast.code, fast.stderr], [0, "", 0, ""]);
    for (const name of ["slow", "fast"]) {
      assertEquals(digest(await readFile(at.folder.at(`out/${name}`))), digest(bytes), name);
    }
    assertEquals(at.proxy.cache.entries, 0);
  },
);

testWith(["curl"], "curl names a file by characters that no URI may hold", async () => {
  await using at = await stage({ "a|b{c}^[d]`100%": "found\n" });
  const targets = ["/a|b{c}^[d]`100%?x=|{}\\", "/a%7Cb%7Bc%7D%5E%5Bd%5D%60100%25?x=%7C%7B%7D%5C"];
  for (const [i, target] of targets.entries()) {
    const { stdout } = await at.curl("-g", "-i", at.url + target);
    assertMatch(stdout, /^HTTP\/1\.1 200 [^]*\r\n\r\nfound\n$/, target);
    assertStringIncludes(stdout, `Cache-Status: halfway; ${i === 0 ? "fwd=uri-miss" : "hit"}`);
  }
});

testWith(["curl"], "curl -f ends with 22 where no origin answers", async () => {
  await using at = await stage({});
  const gone = await ScriptedOrigin.start(() => {});
  await gone[Symbol.asyncDispose]();
  const { code, stderr } = await at.curl("-f", `http://${formatAddress(gone.addr)}/`);
  assertEquals(code, 22);
  assert(stderr.includes("502"), stderr);
});
