import fc from "fast-check";
import { assertEquals, assertMatch } from "../../asserts.ts";
import { test } from "../../harness.ts";
import { request, statusOf } from "../support.ts";
import {
  authorityOf,
  cacheKey,
  encodeLoose,
  parseAuthority,
  readTarget,
} from "../../../http/message/target.ts";

function keyOf(line: string, host = "Example.ORG"): unknown {
  return statusOf(() => cacheKey(readTarget(request(`${line} HTTP/1.1\r\nHost: ${host}\r\n\r\n`))));
}

test("cacheKey is scheme, host in lower case, port unless usual, and the path with what no URI may hold encoded", () => {
  const cases: [string, string, string][] = [
    ["GET /", "Example.ORG", "http://example.org/"],
    ["GET /a/../b?x=%7e&y", "a:80", "http://a/a/../b?x=%7e&y"],
    ["GET /A%2fb//c?", "a:8080", "http://a:8080/A%2fb//c?"],
    ["GET /", "[::1]:20000", "http://[::1]:20000/"],
    ["GET /", "[::A]", "http://[::a]/"],
    ["GET /", "a:", "http://a/"],
    ["GET http://B.example:80/x?y", "other", "http://b.example/x?y"],
    ["GET HTTP://b", "other", "http://b/"],
    ["GET http://b?q", "other", "http://b/?q"],
    ["GET https://b:443/x", "other", "https://b/x"],
    ["GET https://b:80/x", "other", "https://b:80/x"],
    ["OPTIONS *", "a", "http://a*"],
    ["OPTIONS http://b", "other", "http://b*"],
    ["GET //evil/x", "a", "http://a//evil/x"],
    ["GET /a|b[]?{c}^`\\", "a", "http://a/a%7Cb%5B%5D?%7Bc%7D%5E%60%5C"],
    ["GET /a%7Cb%5B%5D?%7Bc%7D%5E%60%5C", "a", "http://a/a%7Cb%5B%5D?%7Bc%7D%5E%60%5C"],
    ["GET /100%?%zz%%20%2", "a", "http://a/100%25?%25zz%25%20%252"],
    ["GET http://[::1]:81/[x]", "a", "http://[::1]:81/%5Bx%5D"],
    ["GET http://b?a|b", "a", "http://b/?a%7Cb"],
  ];
  for (const [line, host, key] of cases) assertEquals(keyOf(line, host), key, line);
});

test("readTarget tells the four forms apart", () => {
  const form = (line: string) => readTarget(request(`${line} HTTP/1.1\r\nHost: a\r\n\r\n`));
  assertEquals(form("GET /x").form, "origin");
  assertEquals(form("GET http://b/x").form, "absolute");
  assertEquals(form("OPTIONS *").form, "asterisk");
  const tunnel = form("CONNECT B.example:443");
  assertEquals([tunnel.form, tunnel.host, tunnel.port, tunnel.path], [
    "authority",
    "b.example",
    443,
    "",
  ]);
});

test("readTarget turns down targets that fit no form", () => {
  const lines = [
    "GET *",
    "GET example.org:80",
    "GET x/y",
    "GET ftp://b/x",
    "GET http:///x",
    "GET http://u:p@b/x",
    "GET http://b:99999/",
    "GET http://b:8x/",
    "GET http://b:0/",
    "GET http://[::1/",
    "GET http://[g]/",
    "GET http://b%2ec/",
    "GET http://b|c/",
    "GET http://b%/",
    "GET http://b\\@c/",
    "GET /a\\b",
    "GET /a\\b?c",
    "GET http://b/..\\c",
    "CONNECT b|c:443",
    "CONNECT b",
    "CONNECT b:",
    "CONNECT http://b:80/",
    "CONNECT /x",
    "POST ?x",
  ];
  for (const line of lines) assertEquals(keyOf(line), 400, line);
  for (const host of ["", ":80", "a:b", "a:80:80", "[::1", "a]", "a:123456"]) {
    assertEquals(keyOf("GET /", host), 400, host);
  }
});

test("readTarget takes the scheme of the connection for an origin-form", () => {
  const head = request("GET / HTTP/1.1\r\nHost: a:443\r\n\r\n");
  assertEquals(cacheKey(readTarget(head, "https")), "https://a/");
  assertEquals(cacheKey(readTarget(head, "http")), "http://a:443/");
});

test("parseAuthority and authorityOf are each other's reverse", () => {
  const port = fc.integer({ min: 1, max: 65535 });
  const host = fc.constantFrom("a", "a.example", "127.0.0.1", "[::1]", "x_y-z");
  fc.assert(
    fc.property(
      host,
      port,
      fc.constantFrom("http" as const, "https" as const),
      (host, port, scheme) => {
        const read = parseAuthority(authorityOf({ scheme, host, port }));
        assertEquals([read?.host, read?.port || (scheme === "http" ? 80 : 443)], [host, port]);
      },
    ),
  );
});

test("encodeLoose gives what a URI may hold, the same when done twice, and decodes to what was meant", () => {
  const byte = fc.oneof(
    fc.constantFrom("%", "%4", "%41", "|", "\\", "a", "/", "?"),
    fc.string({ unit: "binary-ascii", minLength: 1, maxLength: 1 }),
  );
  // Percent-decoding as the URL standard has it: what is no escape stands for itself.
  const decode = (text: string) =>
    text.replace(/%([0-9a-f]{2})/gi, (_, digits) => String.fromCharCode(parseInt(digits, 16)));
  fc.assert(
    fc.property(fc.array(byte).map((parts) => parts.join("")), (text) => {
      const encoded = encodeLoose(text);
      assertMatch(encoded, /^(?:[-\w.~:/?@!$&'()*+,;=]|%[0-9A-Fa-f]{2})*$/);
      assertEquals(encodeLoose(encoded), encoded);
      assertEquals(decode(encoded), decode(text));
    }),
  );
});
