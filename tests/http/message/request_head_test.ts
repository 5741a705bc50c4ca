import fc from "fast-check";
import { assert, assertEquals, assertThrows } from "../../asserts.ts";
import { test } from "../../harness.ts";
import { endsAt, everyEnd, feed, request, statusOf } from "../support.ts";
import { latin1Bytes } from "../../../http/message/bytes.ts";
import { HttpLimitError } from "../../../http/message/errors.ts";
import { BodyKind } from "../../../http/message/framing.ts";
import { Field, FIELD_NAMES, fieldIdOf } from "../../../http/message/names.ts";
import { RequestHead } from "../../../http/message/request_head.ts";
import { NEED_MORE } from "../../../net/decoder.ts";

const GET = "GET /1.txt?a=%20 HTTP/1.1\r\nHost: example.org:80\r\nX-One: 1\r\nx-one:\t 2 \t\r\n" +
  "Cookie: a\r\nCookie: b\r\nSet-Cookie: c\r\nSet-Cookie: d\r\nEmpty:\r\n\r\n";

function assertGet(head: RequestHead): void {
  assertEquals(
    [head.method, head.target, head.minorVersion, head.fieldCount],
    ["GET", "/1.txt?a=%20", 1, 8],
  );
  assertEquals(head.get("host"), "example.org:80");
  assertEquals(head.get("x-one"), "1, 2");
  assertEquals(head.values("x-one"), ["1", "2"]);
  assertEquals([head.get("cookie"), head.get("set-cookie")], ["a; b", "c"]);
  assertEquals([head.get("empty"), head.get("missing")], ["", null]);
  assertEquals(head.lines()[2], ["x-one", "2"]);
}

test("RequestHead.parse reads a head that is there as a whole", () => {
  const bytes = latin1Bytes(GET + "next");
  const head = new RequestHead();
  assertEquals(head.parse(bytes, 0, bytes.length), GET.length);
  assertEquals(head.length, GET.length);
  assertGet(head);
});

test("RequestHead.parse reads a head that arrives byte by byte in a buffer that moves", () => {
  const head = new RequestHead();
  const bytes = latin1Bytes(GET);
  assertEquals(feed(head, bytes, everyEnd(bytes.length)), bytes.length);
  assertGet(head);
});

test("RequestHead.parse reads a head at random splits", () => {
  const bytes = latin1Bytes("\r\n" + GET);
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 6 }), (at) => {
      const head = new RequestHead();
      assertEquals(feed(head, bytes, endsAt(bytes.length, at)), bytes.length);
      assertGet(head);
    }),
  );
});

test("RequestHead.parse forgets the head before", () => {
  const head = new RequestHead();
  const first = latin1Bytes(
    "POST / HTTP/1.0\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\n",
  );
  head.parse(first, 0, first.length);
  assertEquals([head.bodyKind, head.contentLength, head.persistent], [BodyKind.length, 5, true]);
  const second = latin1Bytes("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  head.parse(second, 0, second.length);
  assertEquals([head.bodyKind, head.contentLength, head.persistent], [BodyKind.none, -1, false]);
  assertEquals(head.has(Field.contentLength), false);
});

test("RequestHead.parse looks no further than what has arrived", () => {
  const head = new RequestHead();
  const bytes = latin1Bytes("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  for (let end = 1; end < bytes.length; end++) {
    head.reset();
    assertEquals(head.parse(bytes, 0, end), NEED_MORE);
  }
});

test("RequestHead.parse does not go over a long line again for each byte", () => {
  // Counted in bytes that are read, not in time: a proxy around the buffer is as slow as it is exact.
  const text = latin1Bytes("GET / HTTP/1.1\r\nHost: a\r\nX: " + "y".repeat(4000) + "\r\n\r\n");
  let reads = 0;
  const counted = new Proxy(text, {
    get(target, key) {
      if (typeof key === "string" && /^\d+$/.test(key)) reads++;
      return Reflect.get(target, key, target);
    },
  });
  const head = new RequestHead();
  let result = NEED_MORE;
  for (let end = 1; end <= text.length; end++) result = head.parse(counted, 0, end);
  assertEquals(result, text.length);
  assert(reads < text.length * 10, `read ${reads} bytes for ${text.length}`);
});

test("RequestHead.rebase reads on where the bytes were moved to", () => {
  const bytes = latin1Bytes("GET /a HTTP/1.1\r\nHost: here\r\n\r\n");
  const head = new RequestHead();
  head.parse(bytes, 0, bytes.length);
  const moved = new Uint8Array(bytes.length + 7);
  moved.set(bytes, 7);
  bytes.fill(0);
  head.rebase(moved, 7);
  assertEquals([head.target, head.get("host")], ["/a", "here"]);
});

test("RequestHead.persistent follows version and Connection", () => {
  const cases: [string, boolean][] = [
    ["GET / HTTP/1.1\r\nHost: a\r\n\r\n", true],
    ["GET / HTTP/1.1\r\nHost: a\r\nConnection: x, CLOSE\r\n\r\n", false],
    ["GET / HTTP/1.1\r\nHost: a\r\nConnection: closed\r\n\r\n", true],
    ["GET / HTTP/1.0\r\n\r\n", false],
    ["GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", true],
    ["GET / HTTP/1.0\r\nConnection: keep-alive\r\nConnection: close\r\n\r\n", false],
  ];
  for (const [text, expected] of cases) assertEquals(request(text).persistent, expected, text);
});

test("RequestHead reads expectations and offers to upgrade", () => {
  const expecting = request(
    "PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 1\r\n\r\n",
  );
  assertEquals(expecting.expectsContinue, true);
  const old = request("PUT / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n");
  assertEquals(old.expectsContinue, false);
  const upgrade = "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n";
  assertEquals(request(upgrade + "Connection: Upgrade\r\n\r\n").wantsUpgrade, true);
  assertEquals(request(upgrade + "\r\n").wantsUpgrade, false);
});

test("RequestHead.plain is false for whatever needs a closer look", () => {
  const start = "GET / HTTP/1.1\r\nHost: a\r\nAccept: */*\r\nUser-Agent: x\r\nCookie: y\r\n";
  assertEquals(request(start + "\r\n").plain, true);
  assertEquals(request("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n").plain, true);
  assertEquals(request("PUT / HTTP/1.1\r\nHost: a\r\n\r\n").plain, false);
  assertEquals(request(start + "Content-Length: 1\r\n\r\n").plain, false);
  const names = "Cache-Control,Pragma,Range,If-Range,If-None-Match,If-Modified-Since,If-Match," +
    "If-Unmodified-Since,Upgrade";
  for (const name of names.split(",")) {
    assertEquals(request(`${start}${name}: x\r\n\r\n`).plain, false, name);
  }
});

test("RequestHead.hasLooseTarget tells what a URI has percent-encoded only, however it arrives", () => {
  const cases: [target: string, loose: boolean][] = [
    ["/a-._~:/?@!$&'()*+,;=%7C%7c", false],
    ...[..."[]\\^`{|}"].map((character): [string, boolean] => [`/?a${character}b`, true]),
    ["/%", true],
    ["/%2", true],
    ["/%2g", true],
    ["/%%20", true],
    ["/%20%", true],
  ];
  for (const [target, loose] of cases) {
    const bytes = latin1Bytes(`GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`);
    for (const ends of [[bytes.length], everyEnd(bytes.length)]) {
      const head = new RequestHead();
      feed(head, bytes, ends);
      assertEquals([head.target, head.hasLooseTarget], [target, loose], target);
    }
  }
  const head = new RequestHead();
  for (const [target, loose] of [["/|", true], ["/x", false]] as const) {
    const bytes = latin1Bytes(`GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`);
    head.parse(bytes, 0, bytes.length);
    assertEquals(head.hasLooseTarget, loose, target);
  }
});

test("RequestHead.parse turns down what it can't read, each with its status", () => {
  const get = "GET / HTTP/1.1\r\nHost: a\r\n";
  const cases: [string, string, number][] = [
    ["bare CR in a value", get + "X: a\rb\r\n\r\n", 400],
    ["bare CR in the request line", "GET / HTTP/1.1\rHost: a\r\n\r\n", 400],
    ["obs-fold", get + "X: a\r\n b\r\n\r\n", 400],
    ["obs-fold by tab", get + "X: a\r\n\tb: c\r\n\r\n", 400],
    ["whitespace before the first field", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400],
    ["whitespace before the colon", "GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400],
    ["tab before the colon", get + "Content-Length\t: 1\r\n\r\n", 400],
    ["empty name", get + ": a\r\n\r\n", 400],
    ["no colon", get + "Xa\r\n\r\n", 400],
    ["NUL in a name", get + "X\0Y: a\r\n\r\n", 400],
    ["NUL in a value", get + "X: a\0b\r\n\r\n", 400],
    ["DEL in a value", get + "X: a\x7fb\r\n\r\n", 400],
    ["control character in a value", get + "X: a\x01\r\n\r\n", 400],
    ["obs-text in a name", get + "X\xe4: a\r\n\r\n", 400],
    ["LF-only lines", "GET / HTTP/1.1\nHost: a\n\n", 400],
    ["one LF-only line", "GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n", 400],
    ["LF-only end", get + "\n", 400],
    ["no Host", "GET / HTTP/1.1\r\n\r\n", 400],
    ["two Hosts", get + "Host: a\r\n\r\n", 400],
    ["two Hosts in HTTP/1.0", "GET / HTTP/1.0\r\nHost: a\r\nhost: b\r\n\r\n", 400],
    ["Host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400],
    ["Host with a user", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", 400],
    ["Host list", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", 400],
    [
      "Content-Length and Transfer-Encoding",
      get + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
      400,
    ],
    [
      "Transfer-Encoding and Content-Length",
      get + "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n",
      400,
    ],
    ["differing Content-Lengths", get + "Content-Length: 3\r\nContent-Length: 4\r\n\r\n", 400],
    ["differing Content-Lengths in a list", get + "Content-Length: 3, 4\r\n\r\n", 400],
    ["signed Content-Length", get + "Content-Length: +3\r\n\r\n", 400],
    ["negative Content-Length", get + "Content-Length: -3\r\n\r\n", 400],
    ["hexadecimal Content-Length", get + "Content-Length: 0x3\r\n\r\n", 400],
    ["empty Content-Length", get + "Content-Length:\r\n\r\n", 400],
    ["Content-Length with an empty member", get + "Content-Length: 3,\r\n\r\n", 400],
    ["Content-Length with a space", get + "Content-Length: 3 4\r\n\r\n", 400],
    ["Content-Length beyond 2^53", get + "Content-Length: 99999999999999999999\r\n\r\n", 413],
    ["unknown transfer coding", get + "Transfer-Encoding: xchunked\r\n\r\n", 501],
    ["another coding below chunked", get + "Transfer-Encoding: gzip, chunked\r\n\r\n", 501],
    [
      "another coding on its own line",
      get + "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n",
      501,
    ],
    ["chunked is not last", get + "Transfer-Encoding: chunked, gzip\r\n\r\n", 400],
    ["chunked is not there", get + "Transfer-Encoding: gzip\r\n\r\n", 400],
    ["identity", get + "Transfer-Encoding: identity\r\n\r\n", 400],
    ["chunked twice", get + "Transfer-Encoding: chunked, chunked\r\n\r\n", 400],
    [
      "chunked on two lines",
      get + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
      400,
    ],
    ["chunked with a parameter", get + "Transfer-Encoding: chunked;q=1\r\n\r\n", 400],
    ["chunked after a vertical tab", get + "Transfer-Encoding: \x0bchunked\r\n\r\n", 400],
    ["quoted chunked", get + 'Transfer-Encoding: "chunked"\r\n\r\n', 400],
    ["empty Transfer-Encoding", get + "Transfer-Encoding:\r\n\r\n", 400],
    ["empty member before chunked", get + "Transfer-Encoding: , chunked\r\n\r\n", 400],
    ["Transfer-Encoding in HTTP/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400],
    ["unknown expectation", get + "Expect: the-worst\r\n\r\n", 417],
    ["HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505],
    ["HTTP/0.9", "GET /\r\n\r\n", 400],
    ["HTTP/3.0", "GET / HTTP/3.0\r\nHost: a\r\n\r\n", 505],
    ["lower-case version", "GET / http/1.1\r\nHost: a\r\n\r\n", 400],
    ["version with three digits", "GET / HTTP/1.10\r\nHost: a\r\n\r\n", 400],
    ["version without a digit", "GET / HTTP/1.\r\nHost: a\r\n\r\n", 400],
    ["space after the version", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400],
    ["two spaces after the method", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400],
    ["two spaces after the target", "GET /  HTTP/1.1\r\nHost: a\r\n\r\n", 400],
    ["space in the target", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 400],
    ["tab after the method", "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", 400],
    ["method that is no token", "GE(T / HTTP/1.1\r\nHost: a\r\n\r\n", 400],
    ["no method", " / HTTP/1.1\r\nHost: a\r\n\r\n", 400],
    ["fragment in the target", "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", 400],
    ["quote in the target", 'GET /a"b HTTP/1.1\r\nHost: a\r\n\r\n', 400],
    ["angle bracket in the target", "GET /?a<b HTTP/1.1\r\nHost: a\r\n\r\n", 400],
    ["obs-text in the target", "GET /\xe4 HTTP/1.1\r\nHost: a\r\n\r\n", 400],
    ["LF before the request line", "\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400],
    ["many empty lines", "\r\n".repeat(9) + "GET / HTTP/1.1\r\nHost: a\r\n\r\n", 400],
    ["long target", "GET /" + "a".repeat(8192) + " HTTP/1.1\r\nHost: a\r\n\r\n", 414],
    ["long target, unfinished", "GET /" + "a".repeat(9000), 414],
    ["long fields", get + ("X: " + "y".repeat(7000) + "\r\n").repeat(5) + "\r\n", 431],
    ["long field, unfinished", get + "X: " + "y".repeat(33000), 431],
    ["many fields", get + "a:b\r\n".repeat(100) + "\r\n", 431],
  ];
  for (const [name, text, status] of cases) {
    const bytes = latin1Bytes(text);
    for (const ends of [[bytes.length], everyEnd(bytes.length)]) {
      if (ends.length > 5000) continue;
      assertEquals(statusOf(() => feed(new RequestHead(), bytes, ends)), status, name);
    }
  }
});

test("RequestHead.parse takes what the grammar allows", () => {
  const cases: [string, (head: RequestHead) => unknown, unknown][] = [
    ["\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", (h) => h.target, "/"],
    ["GET / HTTP/1.7\r\nHost: a\r\n\r\n", (h) => h.minorVersion, 1],
    ["BREW-ME! / HTTP/1.1\r\nHost: a\r\n\r\n", (h) => h.method, "BREW-ME!"],
    ["get / HTTP/1.1\r\nHost: a\r\n\r\n", (h) => h.method, "get"],
    ["POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 5\r\n\r\n", (h) => h.contentLength, 5],
    [
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 05\r\n\r\n",
      (h) => h.contentLength,
      5,
    ],
    ["POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", (h) => h.bodyKind, BodyKind.none],
    [
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked \r\n\r\n",
      (h) => h.bodyKind,
      BodyKind.chunked,
    ],
    ["GET / HTTP/1.0\r\n\r\n", (h) => h.get("host"), null],
    ["GET / HTTP/1.1\r\nHost:\r\n\r\n", (h) => h.get("host"), ""],
    ["GET / HTTP/1.1\r\nHost: a\r\nX: \xfc\r\n\r\n", (h) => h.get("x"), "\xfc"],
    ["GET / HTTP/1.1\r\nHost: a\r\n" + "a:b\r\n".repeat(99) + "\r\n", (h) => h.fieldCount, 100],
  ];
  for (const [text, read, expected] of cases) assertEquals(read(request(text)), expected, text);
});

test("RequestHead.contentLength is exact up to 2^53 - 1", () => {
  const read = (length: string) =>
    statusOf(() =>
      request(`PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\n\r\n`).contentLength
    );
  assertEquals(read("9007199254740991"), 9007199254740991);
  assertEquals(read("9007199254740965"), 9007199254740965);
  assertEquals(read("9007199254740992"), 413);
});

test("RequestHead.parse obeys the limits that it was made with", () => {
  const head = new RequestHead({ maxStartLineBytes: 20, maxFieldBytes: 30, maxFields: 2 });
  const read = (text: string) => head.parse(latin1Bytes(text), 0, text.length);
  assertEquals(read("GET /1 HTTP/1.1\r\nHost: a\r\nB: c\r\n\r\n"), 34);
  assertEquals(read("GET /123456 HTTP/1.1\r\nHost: a\r\n\r\n"), 33);
  assertThrows(() => read("GET /1234567 HTTP/1.1\r\nHost: a\r\n\r\n"), HttpLimitError, "20 bytes");
  head.reset();
  assertThrows(
    () => read("GET /1 HTTP/1.1\r\nHost: a\r\nB: c\r\nD: e\r\n\r\n"),
    HttpLimitError,
    "2 fields",
  );
});

test("fieldIdOf finds every known name in any case, and no other", () => {
  FIELD_NAMES.forEach((name, id) => {
    if (id === 0) return;
    for (const form of [name, name.toUpperCase()]) {
      assertEquals(fieldIdOf(latin1Bytes(form), 0, form.length), id, form);
    }
    const other = name.slice(0, -1) + "~";
    assertEquals(fieldIdOf(latin1Bytes(other), 0, other.length), 0, other);
  });
});

test("RequestHead.parse throws nothing but its own errors, whatever the bytes", () => {
  const piece = fc.oneof(
    fc.constantFrom(
      "GET / HTTP/1.1\r\n",
      "Host: a\r\n",
      "Content-Length: 1\r\n",
      "Transfer-Encoding: chunked\r\n",
      "\r\n",
      "\r",
      "\n",
      ": ",
      " ",
      "\0",
      "Connection: close, x\r\n",
    ),
    fc.string({ unit: "binary-ascii", maxLength: 12 }),
  );
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 14 }),
      fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 4 }),
      (parts, at) => {
        // A fault in a line that is not at its end may be seen now or later; at its end it is.
        const bytes = latin1Bytes(parts.join("") + "\r\n\r\n");
        const outcome = (ends: number[]) => {
          const head = new RequestHead();
          return statusOf(() => {
            const result = feed(head, bytes, ends);
            return [result, result === NEED_MORE ? "" : JSON.stringify(head.lines())];
          });
        };
        // However the bytes arrive, they come to the same.
        const whole = outcome([bytes.length]);
        assertEquals(outcome(everyEnd(bytes.length)), whole);
        assertEquals(outcome(endsAt(bytes.length, at)), whole);
      },
    ),
    { numRuns: 400 },
  );
});
