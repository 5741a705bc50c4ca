import fc from "fast-check";
import { assertEquals } from "../../asserts.ts";
import { test } from "../../harness.ts";
import { at, store } from "./support.ts";
import { latin1 } from "../../../http/message/bytes.ts";
import { type FieldLine, FieldList } from "../../../http/message/field_reader.ts";
import { parseRange } from "../../../http/fields/range.ts";
import { type HeldBody, planBody } from "../../../http/policy/body_plan.ts";
import {
  addRange,
  asCutOff,
  asWhole,
  canCombine,
  heldRange,
  holdsAll,
  holdsRange,
} from "../../../http/policy/parts.ts";
import {
  type ByteRange,
  fitRanges,
  partialHead,
  planMultipart,
} from "../../../http/policy/ranges.ts";
import { readStoredHead } from "../../../http/policy/stored_fields.ts";

const list = (...lines: FieldLine[]) => new FieldList(lines);

function fit(value: string, total: number): string {
  const plan = fitRanges(parseRange(value) ?? [], total);
  return plan.kind === "partial"
    ? plan.ranges.map((r) => `${r.first}-${r.last}`).join()
    : plan.kind;
}

test("fitRanges cuts ranges to the body (RFC 9110 §14.1.2)", () => {
  const cases: [string, number, string][] = [
    ["bytes=0-1", 10, "0-1"],
    ["bytes=1-", 10, "1-9"],
    ["bytes=-1", 10, "9-9"],
    ["bytes=-20", 10, "0-9"],
    ["bytes=5-99", 10, "5-9"],
    ["bytes=10-", 10, "unsatisfiable"],
    ["bytes=-0", 10, "unsatisfiable"],
    ["bytes=0-", 0, "unsatisfiable"],
    ["bytes=-5", 0, "unsatisfiable"],
    ["bytes=0-0,-1", 10, "0-0,9-9"],
    ["bytes=20-30, 2-3", 10, "2-3"],
    ["bytes=0-5,3-8", 10, "0-5,3-8"],
    ["bytes=0-,0-,0-,0-", 10, "whole"],
    ["bytes=" + "0-0,".repeat(17), 10, "whole"],
  ];
  for (const [value, total, expected] of cases) assertEquals(fit(value, total), expected, value);
});

test("planBody answers ranges out of a whole stored response", () => {
  const stored = store([["ETag", '"a"'], ["Date", at(0)]]);
  const held: HeldBody = { total: 10, ranges: [{ first: 0, last: 9 }], receivedWhole: true };
  const plan = (lines: FieldLine[], method = "GET", status = 200) =>
    planBody(method, list(...lines), { ...stored, status }, held);
  const range: FieldLine = ["Range", "bytes=2-3"];
  assertEquals(plan([]), { kind: "whole" });
  assertEquals(plan([range]), { kind: "partial", ranges: [{ first: 2, last: 3 }] });
  assertEquals(plan([range], "HEAD"), { kind: "whole" });
  assertEquals(plan([range], "GET", 404), { kind: "whole" });
  assertEquals(plan([["Range", "lines=2-3"]]), { kind: "whole" });
  assertEquals(plan([["Range", "bytes=10-"]]), { kind: "unsatisfiable" });
  assertEquals(plan([range, ["If-Range", '"a"']]).kind, "partial");
  assertEquals(plan([range, ["If-Range", '"b"']]).kind, "whole");
});

test("planBody never gives more of a 206 than is held (RFC 9111 §3.3)", () => {
  const stored = store([["ETag", '"a"'], ["Content-Range", "bytes 4-9/20"]], {
    status: 206,
    request: [["Range", "bytes=4-9"]],
  });
  const held: HeldBody = { total: 20, ranges: [{ first: 4, last: 9 }], receivedWhole: true };
  const plan = (value: string | null, body = held) =>
    planBody("GET", value === null ? list() : list(["Range", value]), stored, body);
  assertEquals(plan(null), { kind: "missing" });
  assertEquals(plan("bytes=4-9"), { kind: "repeat" });
  assertEquals(plan("bytes=4-9", { ...held, receivedWhole: false }).kind, "partial");
  assertEquals(plan("bytes=6-8"), { kind: "partial", ranges: [{ first: 6, last: 8 }] });
  assertEquals(plan("bytes=6-"), { kind: "missing" });
  assertEquals(plan("bytes=0-4"), { kind: "missing" });
  assertEquals(plan("bytes=4-5,8-10"), { kind: "missing" });
  assertEquals(plan("bytes=20-"), { kind: "unsatisfiable" });
  assertEquals(plan("bytes=5-6", { ...held, total: null }), { kind: "missing" });
  assertEquals(plan("nonsense"), { kind: "missing" });
});

test("heldRange believes no body that is longer than its range", () => {
  const range = { first: 4, last: 9, total: 10 };
  assertEquals(heldRange(range, 6), { first: 4, last: 9 });
  assertEquals(heldRange(range, 5), { first: 4, last: 8 });
  assertEquals([heldRange(range, 0), heldRange(range, 7)], [null, null]);
});

test("canCombine asks for the same strong tag and the same length (RFC 9111 §3.4)", () => {
  const partial = (etag: string) =>
    store([["ETag", etag], ["Content-Range", "bytes 0-4/10"]], { status: 206 });
  const next = (etag: string, range: string) => list(["ETag", etag], ["Content-Range", range]);
  assertEquals(canCombine(partial('"a"'), next('"a"', "bytes 5-9/10")), true);
  assertEquals(canCombine(partial('"a"'), next('"a"', "bytes 5-9/*")), true);
  assertEquals(canCombine(partial('"a"'), next('"b"', "bytes 5-9/10")), false);
  assertEquals(canCombine(partial('W/"a"'), next('W/"a"', "bytes 5-9/10")), false);
  assertEquals(canCombine(partial('"a"'), next('"a"', "bytes 5-9/11")), false);
  assertEquals(canCombine(partial('"a"'), next('"a"', "nonsense")), false);
  assertEquals(canCombine(partial('"a"'), list(["Content-Range", "bytes 5-9/10"])), false);
});

test("addRange holds exactly the bytes that were added, sorted and apart", () => {
  const range = fc.tuple(fc.nat(40), fc.nat(9)).map(([first, more]) => ({
    first,
    last: first + more,
  }));
  fc.assert(fc.property(fc.array(range, { maxLength: 8 }), (added) => {
    let ranges: ByteRange[] = [];
    for (const one of added) ranges = addRange(ranges, one);
    for (let at = 0; at < 60; at++) {
      const expected = added.some((one) => one.first <= at && at <= one.last);
      assertEquals(holdsRange(ranges, { first: at, last: at }), expected);
    }
    for (let i = 1; i < ranges.length; i++) {
      assertEquals(ranges[i].first > ranges[i - 1].last + 1, true);
    }
  }));
  assertEquals(holdsAll([{ first: 0, last: 9 }], 10), true);
  assertEquals(holdsAll([{ first: 0, last: 8 }], 10), false);
});

test("asCutOff and asWhole turn a response into what is held of it", () => {
  const stored = store([["ETag", '"a"'], ["Cache-Control", "max-age=5"], ["Date", at(0)]]);
  const cut = asCutOff(stored, 4, 10);
  assertEquals([cut.status, cut.contentRange], [206, { first: 0, last: 3, total: 10 }]);
  const partial = store([["Content-Range", "bytes 0-4/10"], ["ETag", '"a"'], ["Date", at(0)]], {
    status: 206,
  });
  const whole = asWhole(partial);
  assertEquals([whole.status, whole.contentRange], [200, null]);
  const head = readStoredHead(whole.head);
  assertEquals([head.status, head.get("content-range"), head.get("etag")], [200, null, '"a"']);
});

test("partialHead writes a 206 with the stored fields", () => {
  const stored = store([["A", "1"], ["Content-Range", "bytes 0-9/10"], ["Date", at(0)]]);
  const head = partialHead(stored.head, { first: 2, last: 3 }, 10);
  assertEquals(
    latin1(head, 0, head.length),
    `HTTP/1.1 206 Partial Content\r\nA: 1\r\nDate: ${at(0)}\r\nContent-Range: bytes 2-3/10\r\n`,
  );
});

test("planMultipart counts every byte that is sent (RFC 9110 §14.6)", () => {
  const body = "0123456789";
  const stored = store([["Content-Type", "text/plain"], ["Date", at(0)]]);
  const ranges = [{ first: 0, last: 1 }, { first: 7, last: 9 }];
  const plan = planMultipart(stored.head, ranges, body.length, "B");
  const sent = ranges.map((r, i) => plan.before[i] + body.slice(r.first, r.last + 1)).join("") +
    plan.after;
  assertEquals(
    sent,
    "--B\r\nContent-Type: text/plain\r\nContent-Range: bytes 0-1/10\r\n\r\n01\r\n" +
      "--B\r\nContent-Type: text/plain\r\nContent-Range: bytes 7-9/10\r\n\r\n789\r\n--B--\r\n",
  );
  assertEquals(plan.contentLength, sent.length);
  assertEquals(readStoredHead(plan.head).get("content-type"), "multipart/byteranges; boundary=B");
});
