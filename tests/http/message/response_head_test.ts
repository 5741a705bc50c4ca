import fc from "fast-check";
import { assertEquals } from "../../asserts.ts";
import { test } from "../../harness.ts";
import { endsAt, everyEnd, feed, response, statusOf } from "../support.ts";
import { latin1Bytes } from "../../../http/message/bytes.ts";
import { BodyKind } from "../../../http/message/framing.ts";
import { ResponseHead } from "../../../http/message/response_head.ts";
import { NEED_MORE } from "../../../net/decoder.ts";

test("ResponseHead.parse reads a head whole, byte by byte and at random splits", () => {
  const text = 'HTTP/1.1 404 Not Found \xe4\r\nContent-Length: 3\r\nETag: "\xfc"\r\n\r\n';
  const bytes = latin1Bytes(text);
  const check = (ends: number[]) => {
    const head = new ResponseHead();
    assertEquals(feed(head, bytes, ends), bytes.length);
    assertEquals([head.status, head.reason, head.contentLength], [404, "Not Found \xe4", 3]);
    assertEquals(head.get("etag"), '"\xfc"');
  };
  check([bytes.length]);
  check(everyEnd(bytes.length));
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 6 }), (at) => {
      check(endsAt(bytes.length, at));
    }),
  );
});

test("ResponseHead.bodyKind follows RFC 9112 §6.3", () => {
  const { none, length, chunked, untilClose } = BodyKind;
  const cases: [string, string, string, number][] = [
    ["200 OK", "Content-Length: 5", "GET", length],
    ["200 OK", "Content-Length: 0", "GET", none],
    ["200 OK", "Transfer-Encoding: chunked", "GET", chunked],
    ["200 OK", "X: y", "GET", untilClose],
    ["200 OK", "Content-Length: 5", "HEAD", none],
    ["200 OK", "Transfer-Encoding: chunked", "HEAD", none],
    ["200 OK", "X: y", "CONNECT", none],
    ["407 No", "Content-Length: 5", "CONNECT", length],
    ["204 No Content", "Content-Length: 5", "GET", none],
    ["304 Not Modified", "Content-Length: 5", "GET", none],
    ["100 Continue", "X: y", "GET", none],
    ["103 Early Hints", "Link: x", "GET", none],
    ["101 Switching Protocols", "Upgrade: x", "GET", none],
    ["200 OK", "Transfer-Encoding: made-up", "GET", untilClose],
    ["999 Odd", "Content-Length: 5", "GET", length],
  ];
  for (const [status, field, method, kind] of cases) {
    const head = response(`HTTP/1.1 ${status}\r\n${field}\r\n\r\n`, method);
    assertEquals(head.bodyKind, kind, `${method} ${status} ${field}`);
  }
});

test("ResponseHead.interim is true for 1xx but 101", () => {
  for (const [status, interim] of [[100, true], [103, true], [101, false], [200, false]]) {
    assertEquals(response(`HTTP/1.1 ${status} x\r\n\r\n`).interim, interim);
  }
});

test("ResponseHead.persistent is false where the body lasts until the connection closes", () => {
  const head = (version: string, field: string) =>
    response(`HTTP/${version} 200 OK\r\n${field}\r\n\r\n`);
  assertEquals(head("1.1", "Content-Length: 1").persistent, true);
  assertEquals(head("1.1", "X: y").persistent, false);
  assertEquals(head("1.1", "Content-Length: 1\r\nConnection: close").persistent, false);
  assertEquals(head("1.0", "Content-Length: 1").persistent, false);
  assertEquals(head("1.0", "Content-Length: 1\r\nConnection: keep-alive").persistent, true);
});

test("ResponseHead.parse turns a bad answer into a 502", () => {
  const ok = "HTTP/1.1 200 OK\r\n";
  const cases = [
    "HTTP/2.0 200 OK\r\n\r\n",
    "HTTP/1.1  200 OK\r\n\r\n",
    "HTTP/1.1 20 OK\r\n\r\n",
    "HTTP/1.1 2000 OK\r\n\r\n",
    "HTTP/1.1 099 OK\r\n\r\n",
    "HTTP/1.1 200\tOK\r\n\r\n",
    "ICY 200 OK\r\n\r\nxxxx",
    "<html>\r\n<body>\r\n",
    "HTTP/1.1 200 OK\n\n",
    ok + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
    ok + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
    ok + "Content-Length: 1, 2\r\n\r\n",
    ok + "Content-Length: x\r\n\r\n",
    ok + "Transfer-Encoding: chunked, chunked\r\n\r\n",
    ok + "Transfer-Encoding: chunked, made-up\r\n\r\n",
    ok + "Transfer-Encoding: gzip\r\n\r\n",
    ok + "Transfer-Encoding: gzip, chunked\r\n\r\n",
    ok + "X: a\r\n b\r\n\r\n",
    ok + "X : a\r\n\r\n",
    ok + "X: a\0\r\n\r\n",
    "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    ok + "a:b\r\n".repeat(101) + "\r\n",
    "HTTP/1.1 200 " + "x".repeat(9000) + "\r\n\r\n",
  ];
  for (const text of cases) {
    const bytes = latin1Bytes(text);
    assertEquals(statusOf(() => feed(new ResponseHead(), bytes, [bytes.length])), 502, text);
    if (bytes.length < 1000) {
      assertEquals(
        statusOf(() => feed(new ResponseHead(), bytes, everyEnd(bytes.length))),
        502,
        text,
      );
    }
  }
});

test("ResponseHead.parse takes a status line without a phrase", () => {
  assertEquals(response("HTTP/1.1 200\r\n\r\n").status, 200);
  assertEquals(response("HTTP/1.1 200 \r\n\r\n").reason, "");
});

test("ResponseHead.parse throws nothing but its own errors, whatever the bytes", () => {
  const valid = latin1Bytes(
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: x\r\nB: c\r\n\r\n",
  );
  const change = fc.record({ at: fc.nat(valid.length - 1), byte: fc.nat(255) });
  fc.assert(fc.property(fc.array(change, { maxLength: 4 }), (changes) => {
    const bytes = valid.slice();
    for (const { at, byte } of changes) bytes[at] = byte;
    bytes.set([13, 10, 13, 10], bytes.length - 4);
    const outcome = (ends: number[]) => {
      const head = new ResponseHead();
      return statusOf(() => {
        const result = feed(head, bytes, ends);
        return [result, result === NEED_MORE ? 0 : head.status, head.bodyKind];
      });
    };
    assertEquals(outcome(everyEnd(bytes.length)), outcome([bytes.length]));
  }));
});
