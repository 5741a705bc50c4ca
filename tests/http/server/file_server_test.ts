import { symlink, truncate, utimes } from "node:fs/promises";
import { assert, assertEquals, assertMatch, assertRejects } from "../../asserts.ts";
import { test } from "../../harness.ts";
import { UsageError } from "../../../net/errors.ts";
import { startFileServer } from "../../../http/server/file_server.ts";
import { makeFolder } from "../files.ts";
import { TRICKS } from "./traversal.ts";
import { ask, requestText, Wire } from "../message/wire.ts";

const NOW = Date.UTC(2026, 10, 20, 12, 0, 0);
const NEWER = "Fri, 20 Nov 2026 08:49:38 GMT";
const SAME = "Fri, 20 Nov 2026 08:49:37 GMT";
const OLDER = "Fri, 20 Nov 2026 08:49:36 GMT";

/** A server of `1.txt`, ten bytes that were changed last at {@linkcode SAME}. */
async function withTen() {
  const folder = await makeFolder({ "1.txt": "0123456789" });
  const modified = new Date(SAME);
  await utimes(folder.at("1.txt"), modified, modified);
  const server = await startFileServer({ root: folder.path, port: 0, nowMs: () => NOW });
  const { etag } = Object.fromEntries((await ask(server.addr, "/1.txt")).fields);
  return {
    address: server.addr,
    etag,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

test("startFileServer sends a file with all that describes it", async () => {
  await using ten = await withTen();
  const { status, fields, body } = await ask(ten.address, "/1.txt?query");
  assertEquals([status, body], [200, "0123456789"]);
  assertMatch(ten.etag, /^"a-[0-9a-f]+"$/);
  assertEquals(Object.fromEntries(fields), {
    "date": "Fri, 20 Nov 2026 12:00:00 GMT",
    "last-modified": SAME,
    "etag": ten.etag,
    "cache-control": "must-revalidate",
    "accept-ranges": "bytes",
    "content-type": "text/plain; charset=utf-8",
    "content-length": "10",
  });
});

test("startFileServer gives another tag to a file of another size or time", async () => {
  await using folder = await makeFolder({ "a": "0123", "b": "0123", "c": "01234" });
  const [first, later] = [new Date(NOW), new Date(NOW + 1)];
  await utimes(folder.at("a"), first, first);
  await utimes(folder.at("b"), later, later);
  await utimes(folder.at("c"), first, first);
  await using server = await startFileServer({ root: folder.path, port: 0 });
  const tags = new Set<string>();
  for (const name of ["a", "b", "c"]) {
    tags.add((await ask(server.addr, `/${name}`)).fields.get("etag")!);
  }
  assertEquals(tags.size, 3);
});

test("startFileServer never says that a file was changed after now", async () => {
  await using folder = await makeFolder({ "a": "" });
  await utimes(folder.at("a"), new Date(NOW + 1e9), new Date(NOW + 1e9));
  await using server = await startFileServer({ root: folder.path, port: 0, nowMs: () => NOW });
  const { fields } = await ask(server.addr, "/a");
  assertEquals(fields.get("last-modified"), fields.get("date"));
});

test("startFileServer evaluates conditions in the order of RFC 9110 §13.2.2", async () => {
  await using ten = await withTen();
  const { etag } = ten;
  const cases: [fields: Record<string, string>, status: number][] = [
    [{ "If-None-Match": etag }, 304],
    [{ "If-None-Match": `W/${etag}` }, 304],
    [{ "If-None-Match": `"x", ${etag}` }, 304],
    [{ "If-None-Match": "*" }, 304],
    [{ "If-None-Match": '"x"' }, 200],
    [{ "If-None-Match": '"x"', "If-Modified-Since": NEWER }, 200],
    [{ "If-None-Match": etag, "If-Modified-Since": OLDER }, 304],
    [{ "If-Modified-Since": SAME }, 304],
    [{ "If-Modified-Since": NEWER }, 304],
    [{ "If-Modified-Since": OLDER }, 200],
    [{ "If-Modified-Since": "Friday, 20-Nov-26 08:49:37 GMT" }, 304],
    [{ "If-Modified-Since": "Friday, 20-Nov-26 08:49:36 GMT" }, 200],
    [{ "If-Modified-Since": "Fri Nov 20 08:49:37 2026" }, 304],
    [{ "If-Modified-Since": "Fri Nov 20 08:49:36 2026" }, 200],
    [{ "If-Modified-Since": "yesterday" }, 200],
    [{ "If-Match": etag }, 200],
    [{ "If-Match": "*" }, 200],
    [{ "If-Match": `"x", ${etag}` }, 200],
    [{ "If-Match": '"x"' }, 412],
    [{ "If-Match": `W/${etag}` }, 412],
    [{ "If-Match": etag, "If-Unmodified-Since": OLDER }, 200],
    [{ "If-Match": '"x"', "If-None-Match": etag }, 412],
    [{ "If-Unmodified-Since": SAME }, 200],
    [{ "If-Unmodified-Since": NEWER }, 200],
    [{ "If-Unmodified-Since": OLDER }, 412],
    [{ "If-Unmodified-Since": "yesterday" }, 200],
    [{ "If-None-Match": etag, "Range": "bytes=0-1" }, 304],
    [{ "If-Match": '"x"', "Range": "bytes=0-1" }, 412],
  ];
  for (const [fields, expected] of cases) {
    for (const method of ["GET", "HEAD"]) {
      const { status, body } = await ask(ten.address, "/1.txt", fields, method);
      const label = `${method} ${JSON.stringify(fields)}`;
      assertEquals(status, expected, label);
      if (expected !== 412) {
        assertEquals(body, method === "GET" && expected === 200 ? "0123456789" : "", label);
      }
    }
  }
});

test("startFileServer says with a 304 what a cache needs, and not what describes a body", async () => {
  await using ten = await withTen();
  const { fields } = await ask(ten.address, "/1.txt", { "If-None-Match": "*" });
  assertEquals([...fields.keys()].sort(), ["cache-control", "date", "etag", "last-modified"]);
});

test("startFileServer sends the part that Range asks for", async () => {
  await using ten = await withTen();
  const { etag } = ten;
  const cases: [fields: Record<string, string>, status: number, body: string, range?: string][] = [
    [{ "Range": "bytes=0-1" }, 206, "01", "bytes 0-1/10"],
    [{ "Range": "bytes=8-" }, 206, "89", "bytes 8-9/10"],
    [{ "Range": "bytes=-3" }, 206, "789", "bytes 7-9/10"],
    [{ "Range": "bytes=-99" }, 206, "0123456789", "bytes 0-9/10"],
    [{ "Range": "bytes=5-99" }, 206, "56789", "bytes 5-9/10"],
    [{ "Range": "bytes=9-9" }, 206, "9", "bytes 9-9/10"],
    [{ "Range": "bytes=10-" }, 416, "416 Range Not Satisfiable\n", "bytes */10"],
    [{ "Range": "bytes=-0" }, 416, "416 Range Not Satisfiable\n", "bytes */10"],
    [{ "Range": "bytes=10-,20-30" }, 416, "416 Range Not Satisfiable\n", "bytes */10"],
    [{ "Range": "bytes=10-,0-0" }, 206, "0", "bytes 0-0/10"],
    [{ "Range": "bytes=3-2" }, 200, "0123456789"],
    [{ "Range": "lines=0-1" }, 200, "0123456789"],
    [{ "Range": "bytes=0-1", "If-Range": etag }, 206, "01", "bytes 0-1/10"],
    [{ "Range": "bytes=0-1", "If-Range": `W/${etag}` }, 200, "0123456789"],
    [{ "Range": "bytes=0-1", "If-Range": '"x"' }, 200, "0123456789"],
    [{ "Range": "bytes=0-1", "If-Range": SAME }, 206, "01", "bytes 0-1/10"],
    [{ "Range": "bytes=0-1", "If-Range": NEWER }, 200, "0123456789"],
    [{ "Range": "bytes=10-", "If-Range": '"x"' }, 200, "0123456789"],
  ];
  for (const [fields, status, body, range] of cases) {
    const found = await ask(ten.address, "/1.txt", fields);
    assertEquals(
      [found.status, found.body, found.fields.get("content-range")],
      [status, body, range],
      JSON.stringify(fields),
    );
  }
  const head = await ask(ten.address, "/1.txt", { "Range": "bytes=0-1" }, "HEAD");
  assertEquals([head.status, head.fields.get("content-length")], [200, "10"]);
});

test("startFileServer sends several parts as multipart/byteranges", async () => {
  await using ten = await withTen();
  const { status, fields, body } = await ask(ten.address, "/1.txt", { "Range": "bytes=0-1,-2" });
  const boundary = /^multipart\/byteranges; boundary=([\w-]+)$/.exec(fields.get("content-type")!);
  assertEquals([status, fields.get("content-range")], [206, undefined]);
  assertEquals(
    body.replaceAll(boundary![1], "B"),
    [
      "--B",
      "Content-Type: text/plain; charset=utf-8",
      "Content-Range: bytes 0-1/10",
      "",
      "01",
      "--B",
      "Content-Type: text/plain; charset=utf-8",
      "Content-Range: bytes 8-9/10",
      "",
      "89",
      "--B--",
      "",
    ].join("\r\n"),
  );
});

test("startFileServer sends the same head for HEAD, and no body", async () => {
  await using ten = await withTen();
  for (const target of ["/1.txt", "/nothing", "/"]) {
    const get = await ask(ten.address, target);
    using wire = await Wire.to(ten.address);
    await wire.send(requestText(target, {}, "HEAD") + requestText("/1.txt"));
    const head = await wire.response("HEAD");
    assertEquals([head.status, head.fields], [get.status, get.fields]);
    assertEquals((await wire.response()).body, "0123456789");
  }
});

test("startFileServer sends nothing from outside its root, whatever the path", async () => {
  await using folder = await makeFolder({
    "secret.txt": "SECRET",
    "root/1.txt": "one",
    "root/a/b.txt": "b",
    "root-beside/secret.txt": "SECRET",
  });
  await symlink(folder.at("secret.txt"), folder.at("root/link.txt"));
  await symlink("../secret.txt", folder.at("root/relative.txt"));
  await symlink(folder.path, folder.at("root/up"));
  await symlink("../root-beside", folder.at("root/beside"));
  await symlink("nowhere", folder.at("root/dangling"));
  await symlink("loop", folder.at("root/loop"));
  await symlink("a/b.txt", folder.at("root/inside.txt"));
  await symlink("a", folder.at("root/inside"));
  await using server = await startFileServer({
    root: folder.at("root"),
    port: 0,
    directoryListing: true,
  });
  const links = [
    "/link.txt",
    "/relative.txt",
    "/up",
    "/up/",
    "/up/secret.txt",
    "/beside/secret.txt",
    "/beside/",
    "/dangling",
    "/loop",
    "/1.txt/",
    "/1.txt/x",
    `/${"x".repeat(300)}`,
    // A browser's percent signs stand for themselves.
    "/%",
    "/%2",
    "/%zz/../../secret.txt",
    "/%%2e%2e/secret.txt",
  ];
  for (const target of [...TRICKS, ...links]) {
    const { status, body } = await ask(server.addr, target);
    assertEquals([status, body], [404, "404 Not Found\n"], target);
  }
  // What is no request target at all.
  for (
    const target of ["/..\\secret.txt", "/1.txt\0", "../secret.txt", "/#"]
  ) {
    assertEquals((await ask(server.addr, target)).status, 400, target);
  }
  // In absolute-form the path counts from the host on.
  const absolute = await ask(server.addr, "http://a.example/../secret.txt");
  assertEquals(absolute.status, 404);
  assertEquals((await ask(server.addr, "http://a.example/1.txt")).body, "one");
  assertEquals((await ask(server.addr, "/inside.txt")).body, "b");
  assertEquals((await ask(server.addr, "/inside/b.txt")).body, "b");
});

test("startFileServer answers for directories with a redirect, their index, a listing or 404", async () => {
  await using folder = await makeFolder({
    "with/index.html": "<p>",
    "with out/a&b.txt": "",
    "with out/c/d": "",
    "odd/index.html/x": "",
  });
  const plain = { root: folder.path, port: 0 };
  await using server = await startFileServer(plain);
  await using listing = await startFileServer({ ...plain, directoryListing: true });
  const moved = await ask(server.addr, "/with?a=b");
  assertEquals([moved.status, moved.fields.get("location")], [301, "/with/?a=b"]);
  const encoded = await ask(server.addr, "/with%20out");
  assertEquals([encoded.status, encoded.fields.get("location")], [301, "/with%20out/"]);
  const index = await ask(server.addr, "/with/");
  assertEquals([index.status, index.body], [200, "<p>"]);
  assertEquals(index.fields.get("content-type"), "text/html; charset=utf-8");
  assertEquals((await ask(server.addr, "/with%20out/")).status, 404);
  assertEquals((await ask(server.addr, "/")).status, 404);
  assertEquals((await ask(server.addr, "/odd/")).status, 404);
  const page = await ask(listing.addr, "/with%20out/");
  assertEquals(page.status, 200);
  assertEquals([...page.body.matchAll(/href="(.*?)"/g)].map((found) => found[1]), [
    "../",
    "./a%26b.txt",
    "./c/",
  ]);
});

test("startFileServer knows GET, HEAD and OPTIONS", async () => {
  await using ten = await withTen();
  for (const method of ["POST", "PUT", "DELETE", "PATCH", "TRACE", "PURGE", "get"]) {
    const { status, fields } = await ask(ten.address, "/1.txt", {}, method);
    assertEquals([status, fields.get("allow")], [405, "GET, HEAD, OPTIONS"], method);
  }
  assertEquals((await ask(ten.address, "a.example:80", {}, "CONNECT")).status, 405);
  for (const target of ["/1.txt", "*"]) {
    const { status, fields } = await ask(ten.address, target, {}, "OPTIONS");
    assertEquals([status, fields.get("allow")], [204, "GET, HEAD, OPTIONS"]);
    assertEquals(fields.get("content-length"), undefined);
  }
});

test("startFileServer sends Cache-Control by the first rule that matches", async () => {
  await using folder = await makeFolder({
    "a.txt": "",
    "b.txt": "",
    "d/a.txt": "",
    "index.html": "",
  });
  await using server = await startFileServer({
    root: folder.path,
    port: 0,
    cacheControl: [["d/*", "max-age=60"], ["a.txt", ""], ["index.html", "no-cache"]],
  });
  const cases: [target: string, value: string | undefined][] = [
    ["/a.txt", undefined],
    ["/b.txt", "must-revalidate"],
    ["/d/a.txt", "max-age=60"],
    ["/", "no-cache"],
  ];
  for (const [target, value] of cases) {
    assertEquals((await ask(server.addr, target)).fields.get("cache-control"), value, target);
  }
});

test("startFileServer refuses a root that is no folder, and rules that could not be sent", async () => {
  await using folder = await makeFolder({ "a": "" });
  for (const root of [folder.at("a"), folder.at("nothing")]) {
    await assertRejects(() => startFileServer({ root, port: 0 }), UsageError, "Cannot serve");
  }
  const cacheControl = [["*", "a\nb"]] as const;
  await assertRejects(
    () => startFileServer({ root: folder.path, port: 0, cacheControl }),
    RangeError,
  );
});

test("startFileServer sends a large file whole, and keeps the connection", async () => {
  const large = new Uint8Array(3_000_001).map((_, i) => (i * 31) & 255);
  await using folder = await makeFolder({ "large": large, "small": "s", "empty": "" });
  await using server = await startFileServer({ root: folder.path, port: 0 });
  using wire = await Wire.to(server.addr);
  await wire.send(["/small", "/large", "/empty", "/small"].map((t) => requestText(t)).join(""));
  assertEquals((await wire.response()).body, "s");
  const { body } = await wire.response();
  assertEquals(body.length, large.length);
  assert(large.every((byte, i) => body.charCodeAt(i) === byte));
  assertEquals((await wire.response()).body, "");
  assertEquals((await wire.response()).body, "s");
});

test("startFileServer cuts the connection when a file on the disk becomes shorter", async () => {
  await using folder = await makeFolder({ "a": new Uint8Array(64 * 1024 * 1024) });
  await using server = await startFileServer({ root: folder.path, port: 0 });
  using wire = await Wire.to(server.addr);
  await wire.send(requestText("/a"));
  assertMatch(await wire.take(16), /^HTTP\/1\.1 200 OK/);
  await truncate(folder.at("a"), 1000);
  const rest = await wire.rest();
  assert(rest.length < 64 * 1024 * 1024, `${rest.length}`);
});
