import fc from "fast-check";
import { assertEquals, assertStrictEquals, assertThrows } from "../../asserts.ts";
import { test } from "../../harness.ts";
import { fields, request, response } from "../support.ts";
import { latin1 } from "../../../http/message/bytes.ts";
import { Field } from "../../../http/message/names.ts";
import { statusLine } from "../../../http/message/status.ts";
import { ByteWriter, DateLine } from "../../../http/message/writer.ts";

function textOf(writer: ByteWriter): string {
  return latin1(writer.bytes, 0, writer.length);
}

test("ByteWriter writes heads that are read back as they were", () => {
  const writer = new ByteWriter(1);
  writer.requestLine("GET", "/a?b");
  writer.field("Host", "example.org");
  writer.field("X-Long", "\xe4".repeat(300));
  writer.field("Max-Forwards", 7);
  writer.endLine();
  const head = request(textOf(writer));
  assertEquals([head.target, head.get("host"), head.get("max-forwards")], [
    "/a?b",
    "example.org",
    "7",
  ]);
  assertEquals(head.get("x-long"), "\xe4".repeat(300));
  writer.clear();
  writer.statusLineWith(299, "Odd");
  writer.endLine();
  assertEquals(textOf(writer), "HTTP/1.1 299 Odd\r\n\r\n");
});

test("ByteWriter.number writes any whole number in decimal", () => {
  fc.assert(fc.property(fc.maxSafeNat(), (number) => {
    const writer = new ByteWriter(1);
    writer.number(number);
    assertEquals(textOf(writer), String(number));
  }));
  assertThrows(() => new ByteWriter().number(-1), RangeError);
  assertThrows(() => new ByteWriter().number(1.5), RangeError);
});

test("ByteWriter.field lets no line break through", () => {
  const writer = new ByteWriter();
  for (const value of ["a\r\nSet-Cookie: b", "a\nb", "a\0", "\u0142"]) {
    assertThrows(() => writer.field("X", value), TypeError);
  }
  assertThrows(() => writer.field("X\r\nY", "a"), TypeError);
  assertThrows(() => writer.requestLine("GET", "/\r\nX: y"), TypeError);
});

test("ByteWriter.copyEndToEnd leaves out what ends at this hop", () => {
  const head = request(
    "GET / HTTP/1.1\r\nHost: a\r\nConnection: close, X-Hop ,\tKeep-Alive, Range\r\nKeep-Alive: 5\r\n" +
      "Proxy-Connection: x\r\nTE: trailers\r\nTransfer-Encoding: chunked\r\nUpgrade: h2c\r\n" +
      "Proxy-Authorization: Basic x\r\nx-HOP: 1\r\nRange: bytes=0-1\r\nX-Other:  2 \r\nTrailer: Y\r\n\r\n",
  );
  const writer = new ByteWriter();
  writer.copyEndToEnd(head, 1 << Field.host);
  assertEquals(textOf(writer), "X-Other: 2\r\nTrailer: Y\r\n");
});

test("ByteWriter.copyEndToEnd keeps everything else of a response", () => {
  const head = response(
    "HTTP/1.1 200 OK\r\nProxy-Authenticate: Basic\r\nProxy-Authentication-Info: x\r\nContent-Length: 0\r\n" +
      "Set-Cookie: a\r\nSet-Cookie: b\r\nConnection: keep-alive\r\n\r\n",
  );
  const writer = new ByteWriter();
  writer.copyEndToEnd(head);
  assertEquals(textOf(writer), "Content-Length: 0\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n");
});

test("ByteWriter writes chunks and trailers", () => {
  const writer = new ByteWriter();
  writer.chunkHead(255);
  writer.lastChunk(fields(["X-Sum", "1"]));
  writer.lastChunk();
  assertEquals(textOf(writer), "ff\r\n0\r\nX-Sum: 1\r\n\r\n0\r\n\r\n");
  assertThrows(() => writer.chunkHead(0), RangeError);
});

test("statusLine is made once for each status", () => {
  assertEquals(latin1(statusLine(304), 0, 27), "HTTP/1.1 304 Not Modified\r\n");
  assertStrictEquals(statusLine(304), statusLine(304));
  assertEquals(statusLine(599).length, "HTTP/1.1 599 \r\n".length);
  assertThrows(() => statusLine(99), RangeError);
});

test("DateLine is made anew when the second changes", () => {
  let now = Date.UTC(1994, 10, 6, 8, 49, 37, 10);
  const line = new DateLine(() => now);
  const first = line.bytes;
  assertEquals(latin1(first, 0, first.length), "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n");
  now += 900;
  assertStrictEquals(line.bytes, first);
  now += 100;
  assertEquals(latin1(line.bytes, 0, 31), "Date: Sun, 06 Nov 1994 08:49:38");
});
