import { assertEquals } from "../../asserts.ts";
import { test } from "../../harness.ts";
import { statusOf } from "../support.ts";
import { bodyDecoderFor } from "../../../http/message/body.ts";
import { latin1Bytes } from "../../../http/message/bytes.ts";
import { RequestHead } from "../../../http/message/request_head.ts";
import { cacheKey, readTarget } from "../../../http/message/target.ts";

/** Reads requests one after the other off a connection; gives their keys, or the status that ends it. */
function readAll(text: string): unknown[] {
  const bytes = latin1Bytes(text);
  const seen: unknown[] = [];
  let at = 0;
  while (at < bytes.length) {
    const status = statusOf(() => {
      const head = new RequestHead();
      at = head.parse(bytes, at, bytes.length);
      if (at < 0) throw new Error("Cut off");
      seen.push(`${head.method} ${cacheKey(readTarget(head))}`);
      const body = bodyDecoderFor(head);
      while (!body.done) {
        if (at === bytes.length) throw new Error("Cut off");
        at = body.decode(bytes, at, bytes.length);
      }
      return 0;
    });
    if (status !== 0) return [...seen, status];
  }
  return seen;
}

const HIDDEN = "GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n";

function post(fields: string, body: string): string {
  return `POST /seen HTTP/1.1\r\nHost: a\r\n${fields}\r\n\r\n${body}`;
}

test("a request that two readers could read in two ways is read by neither", () => {
  const chunkedHidden = "0\r\n\r\n" + HIDDEN;
  const cl = `Content-Length: ${chunkedHidden.length}`;
  const cases: [string, string, number][] = [
    ["CL.TE", post(`${cl}\r\nTransfer-Encoding: chunked`, chunkedHidden), 400],
    ["TE.CL", post(`Transfer-Encoding: chunked\r\nContent-Length: 4`, "1e\r\n" + HIDDEN), 400],
    [
      "TE.TE, unknown last",
      post("Transfer-Encoding: chunked\r\nTransfer-encoding: x", chunkedHidden),
      400,
    ],
    [
      "TE.TE, unknown first",
      post("Transfer-Encoding: x\r\nTransfer-encoding: chunked", chunkedHidden),
      501,
    ],
    ["CL.CL", post("Content-Length: 0\r\nContent-Length: 5", HIDDEN), 400],
    ["CL in a list", post("Content-Length: 0, 5", HIDDEN), 400],
    ["CL after a fold", post("X: a\r\n Content-Length: 5", HIDDEN), 400],
    ["folded TE", post("Transfer-Encoding:\r\n chunked", chunkedHidden), 400],
    ["xchunked", post(`Transfer-Encoding: xchunked`, chunkedHidden), 501],
    ["chunked after a bare CR", post("X: y\rTransfer-Encoding: chunked", chunkedHidden), 400],
    ["chunked after a bare LF", post("X: y\nTransfer-Encoding: chunked", chunkedHidden), 400],
    ["space before the colon", post("Transfer-Encoding : chunked", chunkedHidden), 400],
    ["NUL in the name", post("Transfer-\0Encoding: chunked", chunkedHidden), 400],
    ["tab in front", post("\tTransfer-Encoding: chunked", chunkedHidden), 400],
    ["LF-only lines", "GET /seen HTTP/1.1\nHost: a\n\n" + HIDDEN, 400],
    ["chunked in HTTP/1.0", "GET /s HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400],
  ];
  for (const [name, text, status] of cases) assertEquals(readAll(text), [status], name);
});

test("a chunked body that two readers could read in two ways ends the connection", () => {
  const bodies: [string, string][] = [
    ["extension without an end", "5;" + "x".repeat(20000)],
    ["LF ends an extension", "2;\nxx\r\n10\r\n" + HIDDEN],
    ["prefixed size", "0x10\r\n" + HIDDEN],
    ["size that wraps around", "1000000000000000000000005\r\nhello\r\n" + HIDDEN],
    ["no line break after a chunk", "5\r\nhello0\r\n\r\n" + HIDDEN],
  ];
  for (const [name, body] of bodies) {
    const status = name === "extension without an end" ? 413 : 400;
    const expected = ["POST http://a/seen", status];
    assertEquals(readAll(post("Transfer-Encoding: chunked", body)), expected, name);
  }
});

test("an absolute-form target goes to its own host, whatever Host says", () => {
  const text = "GET http://b:8080/x HTTP/1.1\r\nHost: a\r\n\r\n" + HIDDEN;
  assertEquals(readAll(text), ["GET http://b:8080/x", "GET http://a/hidden"]);
});

test("what follows a body that was read right is the next request", () => {
  assertEquals(readAll(post(`Content-Length: ${HIDDEN.length}`, HIDDEN) + HIDDEN), [
    "POST http://a/seen",
    "GET http://a/hidden",
  ]);
  assertEquals(
    readAll(post("Transfer-Encoding: chunked", "1;a=b\r\nx\r\n0\r\nA: b\r\n\r\n" + HIDDEN)),
    [
      "POST http://a/seen",
      "GET http://a/hidden",
    ],
  );
});

test("no byte that ends a target, or hides a part of it, is in one", () => {
  for (const character of [...' \t\r\n\0\x7f"#<>\x80\xe4\xff']) {
    for (const target of [`/a${character}b`, `/?a${character}b`, `http://a/${character}`]) {
      assertEquals(readAll(`GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n${HIDDEN}`), [400], target);
    }
  }
});

test("what follows a target that browsers send is read as before", () => {
  const text = "GET /[|]?%\\{%zz HTTP/1.1\r\nHost: a\r\n\r\n" + HIDDEN;
  assertEquals(readAll(text), ["GET http://a/%5B%7C%5D?%25%5C%7B%25zz", "GET http://a/hidden"]);
});
