import { assertEquals } from "../../asserts.ts";
import { test } from "../../harness.ts";
import { at, store } from "./support.ts";
import { type FieldLine, FieldList } from "../../../http/message/field_reader.ts";
import {
  matchesRequest,
  normaliseSelecting,
  selectStored,
} from "../../../http/policy/selection.ts";

const list = (...lines: FieldLine[]) => new FieldList(lines);

test("matchesRequest compares the fields that Vary lists (RFC 9111 §4.1)", () => {
  const cases: [string, FieldLine[], FieldLine[], boolean][] = [
    ["Foo", [["Foo", "1"]], [["Foo", "1"]], true],
    ["Foo", [["Foo", "1"]], [["foo", "1"], ["Other", "2"]], true],
    ["Foo", [["Foo", "1"]], [["Foo", "2"]], false],
    ["Foo", [["Foo", "a"]], [["Foo", "A"]], false],
    ["Foo", [], [["Foo", "1"]], false],
    ["Foo", [["Foo", "1"]], [], false],
    ["Foo", [], [["Foo", ""]], false],
    ["Foo", [], [], true],
    ["Foo, Bar", [["Foo", "1"], ["Bar", "2"]], [["Bar", "2"], ["Foo", "1"]], true],
    ["Foo, Bar", [["Foo", "1"], ["Bar", "2"]], [["Foo", "2"], ["Bar", "1"]], false],
    ["Foo, Bar, Baz", [["Foo", "1"], ["Baz", "3"]], [["Foo", "1"], ["Baz", "3"]], true],
    ["Foo", [["Foo", "1, 2"]], [["Foo", "1"], ["Foo", "2"]], true],
    ["Foo", [["Foo", "1,2"]], [["Foo", " 1 ,\t2 "]], true],
    ["Foo", [["Foo", "1, 2"]], [["Foo", "2, 1"]], false],
    ["Foo", [["Foo", '"a,b"']], [["Foo", '"a, b"']], false],
    ["Accept-Language", [["Accept-Language", "en, de"]], [["Accept-Language", "De ,eN"]], true],
    [
      "Accept-Language",
      [["Accept-Language", "en;q=0.5"]],
      [["Accept-Language", "en ; q=0.5"]],
      true,
    ],
    ["Accept-Language", [["Accept-Language", "en"]], [["Accept-Language", "en, de"]], false],
    ["Accept-Encoding", [["Accept-Encoding", "gzip, br"]], [["Accept-Encoding", "br,gzip"]], true],
    ["*", [], [], false],
  ];
  for (const [vary, before, after, expected] of cases) {
    const stored = store([["Vary", vary]], { request: before });
    assertEquals(matchesRequest(stored, list(...after)), expected, `${vary} ${before} ${after}`);
  }
});

test("normaliseSelecting can't make two values look like another", () => {
  assertEquals(normaliseSelecting("foo", []), null);
  assertEquals(normaliseSelecting("foo", [""]), "");
  assertEquals(normaliseSelecting("foo", ["a b", "c"]), "a b,c");
});

test("selectStored picks the latest Date among those that match, and the newest of equals", () => {
  const one = store([["Vary", "Foo"], ["Date", at(1)]], { request: [["Foo", "1"]] });
  const two = store([["Vary", "Foo"], ["Date", at(2)]], { request: [["Foo", "2"]] });
  const later = store([["Vary", "Bar"], ["Date", at(3)]], { request: [["Foo", "1"]] });
  const newer = { ...later, storedAtMs: later.storedAtMs + 1 };
  assertEquals(selectStored([one, two], list(["Foo", "1"])), one);
  assertEquals(selectStored([one, two, later], list(["Foo", "1"])), later);
  assertEquals(selectStored([newer, later], list(["Foo", "1"])), newer);
  assertEquals(selectStored([one, two], list(["Foo", "3"])), null);
  assertEquals(selectStored([], list()), null);
});
