import { assertEquals } from "../../asserts.ts";
import { test } from "../../harness.ts";
import { answer, ask, at, START, store } from "./support.ts";
import { latin1 } from "../../../http/message/bytes.ts";
import type { FieldLine } from "../../../http/message/field_reader.ts";
import { DEFAULT_POLICY } from "../../../http/policy/options.ts";
import { type NotStorable, whyNotStorable } from "../../../http/policy/storable.ts";
import { readStoredHead } from "../../../http/policy/stored_fields.ts";

const TARGETED = { ...DEFAULT_POLICY, targeted: true };
const FRESH: FieldLine = ["Cache-Control", "max-age=60"];
const LM: FieldLine = ["Last-Modified", at(-86400)];

test("whyNotStorable follows RFC 9111 §3", () => {
  const cc = (value: string): FieldLine[] => [["Cache-Control", value]];
  const cases: [string, NotStorable | null, FieldLine[], number?][] = [
    ["max-age", null, [FRESH]],
    ["s-maxage", null, cc("s-maxage=1")],
    ["Expires", null, [["Expires", at(60)]]],
    ["Expires in the past", null, [["Expires", at(-60)]]],
    ["nothing at all", "not-reusable", []],
    ["a validator alone", null, [["ETag", '"a"']]],
    ["no-store", "no-store", cc("max-age=60, no-store")],
    ["private", "private", cc("private, max-age=60")],
    ["private for a field", null, cc('private="a", max-age=60')],
    ["no-cache with a validator", null, [...cc("no-cache"), ["ETag", '"a"']]],
    ["no-cache without one", "not-reusable", cc("no-cache, max-age=60")],
    ["Vary: *", "vary", [FRESH, ["Vary", "a, *"]]],
    ["must-understand, known status", null, cc("max-age=60, no-store, must-understand")],
    ["must-understand, unknown status", "not-understood", cc("max-age=60, must-understand"), 599],
    [
      "no-store and must-understand, unknown status",
      "not-understood",
      cc("no-store, must-understand, max-age=60"),
      599,
    ],
    ["unknown status with freshness", null, [FRESH], 599],
    ["unknown status without", "no-freshness", [LM], 599],
    ["unknown status, public", null, [LM, ...cc("public")], 599],
    ["404 by heuristic", null, [LM], 404],
    ["403 by heuristic", "no-freshness", [LM], 403],
    ["201 by heuristic", "no-freshness", [LM], 201],
    ["503 with freshness", null, [FRESH], 503],
    ["304", "status", [FRESH], 304],
    ["412", "status", [FRESH], 412],
    ["416", "status", [FRESH], 416],
    ["400", null, [FRESH], 400],
    ["103", "status", [FRESH], 103],
    ["206", null, [FRESH, ["Content-Range", "bytes 0-4/10"]], 206],
    ["206 without a range", "partial", [FRESH], 206],
    ["206 in parts", "partial", [FRESH, ["Content-Type", "multipart/byteranges; boundary=x"]], 206],
    ["Set-Cookie", null, [FRESH, ["Set-Cookie", "a=b"]]],
  ];
  for (const [name, expected, lines, status] of cases) {
    assertEquals(whyNotStorable(ask(), answer(lines, status), DEFAULT_POLICY), expected, name);
  }
});

test("whyNotStorable looks at the request", () => {
  const authorized: FieldLine[] = [["Authorization", "Basic x"]];
  const cc = (value: string): FieldLine[] => [["Cache-Control", value]];
  const cases: [string, NotStorable | null, ReturnType<typeof ask>, FieldLine[]][] = [
    ["request no-store", "request-no-store", ask(cc("no-store")), [FRESH]],
    ["Authorization", "authorization", ask(authorized), [["Expires", at(60)]]],
    ["Authorization, public", null, ask(authorized), cc("public, max-age=60")],
    ["Authorization, must-revalidate", null, ask(authorized), cc("must-revalidate, max-age=60")],
    ["Authorization, s-maxage", null, ask(authorized), cc("s-maxage=60")],
    [
      "Authorization, proxy-revalidate",
      "authorization",
      ask(authorized),
      cc("proxy-revalidate, max-age=60"),
    ],
    ["GET with a body", "request-body", { ...ask(), hasBody: true }, [FRESH]],
    ["HEAD", "method", ask([], "HEAD"), [FRESH]],
    ["PUT", "method", ask([], "PUT"), [FRESH]],
    ["POST", "post", ask([], "POST"), [FRESH]],
    ["POST with its own location", null, ask([], "POST"), [FRESH, ["Content-Location", "page?x"]]],
    ["POST with another location", "post", ask([], "POST"), [FRESH, [
      "Content-Location",
      "/other",
    ]]],
    ["POST by heuristic", "post", ask([], "POST"), [LM, ["Content-Location", "/dir/page?x"]]],
  ];
  for (const [name, expected, request, lines] of cases) {
    assertEquals(whyNotStorable(request, answer(lines), DEFAULT_POLICY), expected, name);
  }
});

test("whyNotStorable goes by CDN-Cache-Control only where it is to count", () => {
  const overruled: FieldLine[] = [["Cache-Control", "no-store"], [
    "CDN-Cache-Control",
    "max-age=60",
  ]];
  const forbidden: FieldLine[] = [FRESH, ["CDN-Cache-Control", "no-store"]];
  const broken: FieldLine[] = [["Cache-Control", "no-store"], [
    "CDN-Cache-Control",
    "max-age=60, &",
  ]];
  assertEquals(whyNotStorable(ask(), answer(overruled), TARGETED), null);
  assertEquals(whyNotStorable(ask(), answer(overruled), DEFAULT_POLICY), "no-store");
  assertEquals(whyNotStorable(ask(), answer(forbidden), TARGETED), "no-store");
  assertEquals(whyNotStorable(ask(), answer(forbidden), DEFAULT_POLICY), null);
  assertEquals(whyNotStorable(ask(), answer(broken), TARGETED), "no-store");
});

test("makeStored keeps the fields of RFC 9111 §3.1 and no others", () => {
  const stored = store([
    ["Date", at(0)],
    ["Connection", "a, B, close"],
    ["a", "1"],
    ["b", "2"],
    ["C", "3"],
    ["Age", "5"],
    ["Keep-Alive", "timeout=5"],
    ["Proxy-Authenticate", "Basic"],
    ["Proxy-Authentication-Info", "x"],
    ["Proxy-Authorization", "x"],
    ["Proxy-Connection", "x"],
    ["TE", "x"],
    ["Transfer-Encoding", "chunked"],
    ["Trailer", "x"],
    ["Upgrade", "x"],
    ["Content-Length", "5"],
    ["Cache-Control", 'max-age=60, no-cache="d", private="e"'],
    ["D", "4"],
    ["E", "5"],
    ["Set-Cookie", "x=1"],
    ["Set-Cookie", "y=2"],
  ]);
  assertEquals(
    latin1(stored.head, 0, stored.head.length),
    `HTTP/1.1 200 OK\r\nDate: ${at(0)}\r\nC: 3\r\n` +
      'Cache-Control: max-age=60, no-cache="d", private="e"\r\nSet-Cookie: x=1\r\nSet-Cookie: y=2\r\n',
  );
  assertEquals([stored.alwaysValidate, stored.freshUntilMs], [false, START + 55_000]);
});

test("makeStored adds a Date where there is none that is one", () => {
  for (
    const lines of [[], [["Date", "foo"]], [["Date", at(0)], ["Date", at(1)]]] as FieldLine[][]
  ) {
    const stored = store([FRESH, ...lines], { atMs: START + 7000 });
    assertEquals(readStoredHead(stored.head).values("date"), [at(7)]);
    assertEquals(stored.dateMs, START + 7000);
  }
});

test("makeStored works out the three times", () => {
  const stored = store([["Cache-Control", "max-age=60, stale-if-error=7"], ["Age", "10"]], {
    policy: { keepStaleSeconds: 5 },
  });
  assertEquals([stored.storedAtMs, stored.bornAtMs], [START, START - 10_000]);
  assertEquals([stored.staleAtMs, stored.deleteAtMs], [START + 50_000, START + 57_000]);
  const stale = store([["Cache-Control", "max-age=1"], ["Age", "10"]], {
    policy: { keepStaleSeconds: 5 },
  });
  assertEquals([stale.staleAtMs, stale.deleteAtMs], [START - 9000, START + 5000]);
});

test("makeStored remembers what validation needs", () => {
  const stored = store([["ETag", 'W/"a"'], LM], { request: [["Foo", "1"]] });
  assertEquals([stored.etag, stored.lastModified, stored.lastModifiedMs], [
    'W/"a"',
    at(-86400),
    START - 86400_000,
  ]);
  const partial = store([FRESH, ["Content-Range", "bytes 5-9/10"]], {
    status: 206,
    request: [["Range", "bytes=-5"]],
  });
  assertEquals(partial.contentRange, { first: 5, last: 9, total: 10 });
  assertEquals([partial.requestRange, stored.requestRange], ["bytes=-5", null]);
});

test("whyNotStorable takes nothing but must-revalidate where it is told to", () => {
  const options = { ...DEFAULT_POLICY, onlyMustRevalidate: true };
  const cases: [string, NotStorable | null][] = [
    ["must-revalidate", null],
    ["max-age=60, Must-Revalidate", null],
    ["max-age=60", "no-must-revalidate"],
    ["must-revalidate, no-cache", "no-must-revalidate"],
    ["must-revalidate, no-store", "no-store"],
    ["must-revalidate, private", "private"],
  ];
  for (const [value, expected] of cases) {
    const response = answer([["Cache-Control", value], LM]);
    assertEquals(whyNotStorable(ask(), response, options), expected, value);
  }
});
