import { assertEquals } from "../../asserts.ts";
import { test } from "../../harness.ts";
import { answer, ask } from "./support.ts";
import type { FieldLine } from "../../../http/message/field_reader.ts";
import { invalidatedUris } from "../../../http/policy/invalidation.ts";
import { isSameOrigin, resolveReference } from "../../../http/policy/reference.ts";

const PAGE = "http://a.example/dir/page?x";

test("invalidatedUris names the target and what it points to at the same origin (RFC 9111 §4.4)", () => {
  const invalid = (method: string, lines: FieldLine[] = [], status = 200) =>
    invalidatedUris(ask([], method), answer(lines, status));
  for (const method of ["POST", "PUT", "DELETE", "PATCH", "M-SEARCH", "get"]) {
    assertEquals(invalid(method), [PAGE], method);
  }
  for (const method of ["GET", "HEAD", "OPTIONS", "TRACE"]) {
    assertEquals(invalid(method), [], method);
  }
  for (const status of [400, 404, 500, 503]) assertEquals(invalid("POST", [], status), []);
  for (const status of [201, 204, 303, 308]) assertEquals(invalid("POST", [], status), [PAGE]);
  assertEquals(
    invalid("POST", [["Location", "/new"], ["Content-Location", "other"]], 201),
    [PAGE, "http://a.example/new", "http://a.example/dir/other"],
  );
  assertEquals(invalid("POST", [["Location", "http://A.example:80/new#top"]]), [
    PAGE,
    "http://a.example/new",
  ]);
  for (
    const elsewhere of [
      "http://b.example/",
      "https://a.example/",
      "http://a.example:81/",
      "//b/",
      "mailto:x",
      "http://",
    ]
  ) {
    assertEquals(invalid("POST", [["Location", elsewhere]]), [PAGE], elsewhere);
  }
});

test("resolveReference follows RFC 3986 §5.2", () => {
  const cases: [string, string | null][] = [
    ["http://B/x", "http://b/x"],
    ["http://b", "http://b/"],
    ["https://b:443?q", "https://b/?q"],
    ["//b:8080/x", "http://b:8080/x"],
    ["/x/../y", "http://a.example/x/../y"],
    ["y", "http://a.example/dir/y"],
    ["./y?z", "http://a.example/dir/y?z"],
    ["../y", "http://a.example/y"],
    ["../../y", "http://a.example/y"],
    ["..", "http://a.example/"],
    [".", "http://a.example/dir/"],
    ["a//b/./c", "http://a.example/dir/a//b/c"],
    ["?z", "http://a.example/dir/page?z"],
    ["", PAGE],
    ["#f", PAGE],
    ["ftp://b/", null],
    ["http://u@b/", null],
    ["http:/x", null],
    ["//[::1]:8080/[x]?a|b#c", "http://[::1]:8080/%5Bx%5D?a%7Cb"],
    ["http://b/100%", "http://b/100%25"],
    ["y?{z}", "http://a.example/dir/y?%7Bz%7D"],
    ["/\xe4", "http://a.example/%E4"],
  ];
  for (const [reference, expected] of cases) {
    assertEquals(resolveReference(reference, PAGE), expected, reference);
  }
});

test("isSameOrigin compares scheme, host and port", () => {
  assertEquals(isSameOrigin("http://A/", "http://a:80/x"), true);
  assertEquals(isSameOrigin("http://a/", "http://a:81/"), false);
  assertEquals(isSameOrigin("http://a/", "https://a/"), false);
  assertEquals(isSameOrigin("nonsense", "nonsense"), false);
});
