import { assertEquals } from "../../asserts.ts";
import { test } from "../../harness.ts";
import { answer, at, START, store } from "./support.ts";
import { type FieldLine, FieldList } from "../../../http/message/field_reader.ts";
import { ifRangeHolds, isNotModified } from "../../../http/policy/conditions.ts";
import { freshen, judgeHead, mustDrop, touch } from "../../../http/policy/freshening.ts";
import { DEFAULT_POLICY } from "../../../http/policy/options.ts";
import { matchesRequest } from "../../../http/policy/selection.ts";
import { readStoredHead } from "../../../http/policy/stored_fields.ts";
import { conditionalFields, identifyValidated } from "../../../http/policy/validation.ts";

const list = (...lines: FieldLine[]) => new FieldList(lines);

test("isNotModified evaluates the client's conditions in their order (RFC 9111 §4.3.2)", () => {
  const inm = (value: string): FieldLine => ["If-None-Match", value];
  const ims = (value: string): FieldLine => ["If-Modified-Since", value];
  const etag = (value: string): FieldLine[] => [["ETag", value], ["Date", at(0)]];
  const lm: FieldLine[] = [["Last-Modified", at(-3000)], ["Date", at(0)]];
  const cases: [FieldLine[], FieldLine[], boolean][] = [
    [etag('"a"'), [inm('"a"')], true],
    [etag('"a"'), [inm('W/"a"')], true],
    [etag('W/"a"'), [inm('"a"')], true],
    [etag('"a"'), [inm('"b", "a" ,"c"')], true],
    [etag('"a"'), [inm('"b"'), inm('"a"')], true],
    [etag('"a"'), [inm('"b"')], false],
    [etag('"a"'), [inm('"A"')], false],
    [etag('"\xfc"'), [inm('"\xfc"')], true],
    [etag("a"), [inm("a")], true],
    [lm, [inm("*")], true],
    [lm, [inm('"a"')], false],
    [[...etag('"a"'), ["Last-Modified", at(-5000)]], [inm('"a"'), ims(at(-9000))], true],
    [[...etag('"a"'), ["Last-Modified", at(-5000)]], [inm('"b"'), ims(at(0))], false],
    [lm, [ims(at(-3000))], true],
    [lm, [ims(at(-2000))], true],
    [lm, [ims(at(-3001))], false],
    [lm, [ims("foo")], false],
    [lm, [ims("Wednesday, 31-Dec-25 23:59:59 GMT")], true],
    [[["Date", at(0)]], [ims(at(0))], true],
    [[["Date", at(0)]], [ims(at(-1))], false],
    [lm, [], false],
  ];
  for (const [response, request, expected] of cases) {
    const found = isNotModified(list(...request), store(response), START);
    assertEquals(found, expected, JSON.stringify([response, request]));
  }
  const missing = store(etag('"a"'), { status: 404 });
  assertEquals(isNotModified(list(inm('"a"')), missing, START), false);
});

test("ifRangeHolds compares strongly (RFC 9110 §13.1.5)", () => {
  const strong = store([["ETag", '"a"'], ["Last-Modified", at(-3000)], ["Date", at(0)]]);
  const weak = store([["ETag", 'W/"a"'], ["Last-Modified", at(0)], ["Date", at(0)]]);
  const holds = (value: string, stored = strong) => ifRangeHolds(list(["If-Range", value]), stored);
  assertEquals(ifRangeHolds(list(), strong), true);
  assertEquals([holds('"a"'), holds('"b"'), holds('W/"a"'), holds('W/"a"', weak)], [
    true,
    false,
    false,
    false,
  ]);
  assertEquals([holds(at(-3000)), holds(at(-2000)), holds(at(0), weak), holds("x")], [
    true,
    false,
    false,
    false,
  ]);
});

test("conditionalFields names the tags of all, and the date of one (RFC 9111 §4.3.1)", () => {
  const one = store([["ETag", '"a"'], ["Last-Modified", at(-5)]]);
  const two = store([["ETag", 'W/"b"']]);
  assertEquals(conditionalFields([one], DEFAULT_POLICY), [["If-None-Match", '"a"'], [
    "If-Modified-Since",
    at(-5),
  ]]);
  assertEquals(conditionalFields([one, two, one], DEFAULT_POLICY), [[
    "If-None-Match",
    '"a", W/"b"',
  ]]);
  assertEquals(conditionalFields([store([["Last-Modified", "x"]])], DEFAULT_POLICY), [[
    "If-Modified-Since",
    "x",
  ]]);
  assertEquals(conditionalFields([store([]), store([])], DEFAULT_POLICY), []);
  const partial = store([["ETag", '"a"'], ["Content-Range", "bytes 0-1/9"]], { status: 206 });
  assertEquals(conditionalFields([partial], DEFAULT_POLICY), []);
});

test("conditionalFields asks by date alone where it is told to (RFC 9110 §13.1.3)", () => {
  const byDate = { validateByDate: true };
  const one = store([["ETag", '"a"'], ["Last-Modified", at(-5)]]);
  assertEquals(conditionalFields([one], byDate), [["If-Modified-Since", at(-5)]]);
  assertEquals(conditionalFields([store([["Date", at(-9)]])], byDate), [
    ["If-Modified-Since", at(-9)],
  ]);
  assertEquals(conditionalFields([one, one], byDate), []);
});

test("identifyValidated finds what a 304 is about (RFC 9111 §4.3.4)", () => {
  const a = store([["ETag", '"a"'], ["Date", at(1)]]);
  const a2 = store([["ETag", '"a"'], ["Date", at(2)]]);
  const b = store([["ETag", '"b"'], ["Last-Modified", at(-100)], ["Date", at(3)]]);
  const weak = store([["ETag", 'W/"w"'], ["Date", at(4)]]);
  const weak2 = store([["ETag", 'W/"w"'], ["Date", at(5)]]);
  const dated = store([["Last-Modified", at(-100)], ["Date", at(6)]]);
  const bare = store([]);
  const etag = (value: string) => list(["ETag", value]);
  const lastModified = list(["Last-Modified", at(-100)]);
  assertEquals(identifyValidated([a, b, a2], etag('"a"')), { kind: "update", targets: [a2, a] });
  assertEquals(identifyValidated([a, b], etag('"x"')), { kind: "none" });
  assertEquals(identifyValidated([a], etag('"x"')), { kind: "touch", target: a });
  assertEquals(identifyValidated([weak, weak2, a], etag('W/"w"')), {
    kind: "update",
    targets: [weak2],
  });
  assertEquals(identifyValidated([weak, a], etag('W/"x"')), { kind: "none" });
  assertEquals(identifyValidated([weak], etag('W/"x"')), { kind: "touch", target: weak });
  assertEquals(identifyValidated([dated, a, b], lastModified), {
    kind: "update",
    targets: [dated, b],
  });
  assertEquals(identifyValidated([a, weak], lastModified), { kind: "none" });
  assertEquals(identifyValidated([a], list()), { kind: "update", targets: [a] });
  assertEquals(identifyValidated([bare], list()), { kind: "update", targets: [bare] });
  assertEquals(identifyValidated([a, b], list()), { kind: "none" });
});

const LATER = START + 100_000;
const TIMES = { requestTimeMs: LATER, responseTimeMs: LATER };

test("freshen takes over what a 304 brings, and keeps the rest (RFC 9111 §3.2)", () => {
  const stored = store([
    ["Date", at(0)],
    ["Cache-Control", "max-age=10"],
    ["ETag", '"a"'],
    ["Test", "1"],
    ["Kept", "1"],
    ["Set-Cookie", "a=b"],
    ["Set-Cookie", "c=d"],
    ["Content-Type", "text/plain"],
    ["Content-Encoding", "gzip"],
    ["Content-MD5", "x"],
    ["Content-Range", "x"],
  ]);
  const update = list(
    ["Date", at(99)],
    ["Cache-Control", "max-age=60"],
    ["ETag", 'W/"a"'],
    ["TEST", "2"],
    ["Set-Cookie", "a=c"],
    ["New", "1"],
    ["Content-Type", "text/html"],
    ["Content-Encoding", "br"],
    ["Content-MD5", "y"],
    ["Content-Range", "y"],
    ["Content-Length", "99"],
    ["Connection", "hop"],
    ["Hop", "1"],
    ["Keep-Alive", "1"],
    ["Age", "5"],
  );
  const fresh = freshen(stored, update, TIMES, LATER, { policy: DEFAULT_POLICY });
  assertEquals(readStoredHead(fresh.head).lines(), [
    ["ETag", '"a"'],
    ["Kept", "1"],
    ["Content-Encoding", "gzip"],
    ["Content-MD5", "x"],
    ["Content-Range", "x"],
    ["Date", at(99)],
    ["Cache-Control", "max-age=60"],
    ["TEST", "2"],
    ["Set-Cookie", "a=c"],
    ["New", "1"],
    ["Content-Type", "text/html"],
  ]);
  assertEquals([fresh.storedAtMs, fresh.bornAtMs, fresh.staleAtMs], [
    LATER,
    LATER - 5000,
    LATER + 55_000,
  ]);
  assertEquals([fresh.etag, fresh.dateMs, fresh.status], ['"a"', START + 99_000, 200]);
});

test("freshen begins a new life where the 304 has no Date, no Age and no Cache-Control", () => {
  const stored = store([["Date", at(-50)], ["Age", "60"], ["Cache-Control", "max-age=100"], [
    "ETag",
    '"a"',
  ]]);
  const fresh = freshen(stored, list(), TIMES, LATER, { policy: DEFAULT_POLICY });
  assertEquals([fresh.bornAtMs, fresh.staleAtMs], [LATER, LATER + 100_000]);
  assertEquals(readStoredHead(fresh.head).get("date"), at(100));
});

test("freshen keeps a response for the requests that it was kept for, or for the one that was validated", () => {
  const stored = store([["Vary", "Foo"], ["ETag", '"a"']], { request: [["Foo", "1"]] });
  const one = list(["Foo", "1"]);
  const two = list(["Foo", "2"]);
  const same = freshen(stored, list(), TIMES, LATER, { policy: DEFAULT_POLICY });
  assertEquals([matchesRequest(same, one), matchesRequest(same, two)], [true, false]);
  const moved = freshen(stored, list(), TIMES, LATER, { policy: DEFAULT_POLICY, request: two });
  assertEquals([matchesRequest(moved, one), matchesRequest(moved, two)], [false, true]);
});

test("touch restarts the clock and takes no field over", () => {
  const stored = store([["ETag", '"a"'], ["Cache-Control", "max-age=10"], ["Test", "1"]]);
  const touched = touch(stored, TIMES, LATER, DEFAULT_POLICY);
  const head = readStoredHead(touched.head);
  assertEquals([head.get("etag"), head.get("test"), head.get("date")], ['"a"', "1", at(100)]);
  assertEquals([touched.bornAtMs, touched.staleAtMs], [LATER, LATER + 10_000]);
});

test("judgeHead updates what is still the same, and drops what is not (RFC 9111 §4.3.5)", () => {
  const stored = store([["ETag", '"a"'], ["Last-Modified", at(-5)]]);
  const judge = (lines: FieldLine[], status?: number) =>
    judgeHead(stored, 10, answer(lines, status));
  assertEquals(judge([]), "update");
  assertEquals(
    judge([["ETag", '"a"'], ["Content-Length", "10"], ["Last-Modified", at(-5)]]),
    "update",
  );
  assertEquals(judge([["ETag", '"b"']]), "invalidate");
  assertEquals(judge([["Content-Length", "11"]]), "invalidate");
  assertEquals(judge([["Last-Modified", at(-4)]]), "invalidate");
  assertEquals(judge([["ETag", '"a"']], 410), "ignore");
});

test("mustDrop sees a validation that forbids to keep the response", () => {
  const drop = (value: string) => mustDrop(list(["Cache-Control", value]), DEFAULT_POLICY);
  assertEquals(["no-store", "private", "no-cache", "max-age=0"].map(drop), [
    true,
    true,
    false,
    false,
  ]);
  assertEquals(mustDrop(list(), DEFAULT_POLICY), false);
});
