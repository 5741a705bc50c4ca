import { assertEquals } from "../../asserts.ts";
import { test } from "../../harness.ts";
import { START, store } from "./support.ts";
import { type FieldLine, FieldList } from "../../../http/message/field_reader.ts";
import { decideReuse, isFreshHit, mayServeOnError } from "../../../http/policy/reuse.ts";
import type { StoredResponse } from "../../../http/policy/stored.ts";

const ETAG: FieldLine = ["ETag", '"a"'];

function decide(
  stored: StoredResponse | null,
  seconds: number,
  request: FieldLine[] = [],
  method = "GET",
): string {
  const found = decideReuse(method, new FieldList(request), stored, START + seconds * 1000);
  return "reason" in found ? `${found.kind} ${found.reason}` : found.kind;
}

test("decideReuse follows the response's directives (RFC 9111 §4.2, §5.2.2)", () => {
  const cases: [string, number, string][] = [
    ["max-age=10", 0, "fresh"],
    ["max-age=10", 9.999, "fresh"],
    ["max-age=10", 10, "validate stale"],
    ["max-age=0", 0, "validate stale"],
    ["max-age=10, must-revalidate", 9, "fresh"],
    ["max-age=10, must-revalidate", 11, "validate stale"],
    ["no-cache, max-age=10", 0, "validate stale"],
    ['no-cache="x", max-age=10', 0, "fresh"],
    ["max-age=10, stale-while-revalidate=5", 12, "stale-while-revalidate"],
    ["max-age=10, stale-while-revalidate=5", 15, "stale-while-revalidate"],
    ["max-age=10, stale-while-revalidate=5", 16, "validate stale"],
    ["max-age=10, stale-while-revalidate=5, must-revalidate", 12, "validate stale"],
    ["s-maxage=10, stale-while-revalidate=5", 12, "validate stale"],
    ["max-age=10, stale-while-revalidate=x", 12, "validate stale"],
  ];
  for (const [cc, seconds, expected] of cases) {
    const stored = store([["Cache-Control", cc], ETAG]);
    assertEquals(decide(stored, seconds), expected, `${cc} at ${seconds}`);
    const plain = decide(stored, seconds) === "fresh";
    assertEquals(isFreshHit(stored, START + seconds * 1000), plain, `${cc} at ${seconds}`);
  }
});

test("decideReuse follows the request's directives (RFC 9111 §5.2.1)", () => {
  const cases: [string, string, number, string][] = [
    ["max-age=100", "no-cache", 1, "validate request"],
    ["max-age=100", "no-store", 1, "forward bypass"],
    ["max-age=100", "max-age=0", 0, "validate request"],
    ["max-age=100", "max-age=1", 1, "fresh"],
    ["max-age=100", "max-age=1", 1.5, "validate request"],
    ["max-age=100", "max-age=x", 1, "validate request"],
    ["max-age=100", "min-fresh=50", 50, "fresh"],
    ["max-age=100", "min-fresh=50", 51, "validate request"],
    ["max-age=100", "min-fresh=x", 0, "validate request"],
    ["max-age=100", "max-stale=50", 150, "stale"],
    ["max-age=100", "max-stale=50", 151, "validate stale"],
    ["max-age=100", "max-stale", 99999, "stale"],
    ["max-age=100", "max-stale=x", 101, "validate stale"],
    ["max-age=100, must-revalidate", "max-stale", 101, "validate stale"],
    ["max-age=100, proxy-revalidate", "max-stale", 101, "validate stale"],
    ["s-maxage=100", "max-stale", 101, "validate stale"],
    ["no-cache", "max-stale", 1, "validate stale"],
    ["max-age=100, stale-while-revalidate=50", "max-age=110", 105, "stale-while-revalidate"],
    ["max-age=100, stale-while-revalidate=50", "max-age=101", 105, "validate request"],
    ["max-age=100", "only-if-cached", 1, "fresh"],
    ["max-age=100", "only-if-cached", 101, "gateway-timeout"],
    ["max-age=100", "only-if-cached, max-stale", 101, "stale"],
    ["max-age=100", "only-if-cached, no-cache", 1, "gateway-timeout"],
    ["max-age=100", "unknown", 1, "fresh"],
  ];
  for (const [cc, request, seconds, expected] of cases) {
    const stored = store([["Cache-Control", cc], ETAG]);
    assertEquals(
      decide(stored, seconds, [["Cache-Control", request]]),
      expected,
      `${cc} / ${request} at ${seconds}`,
    );
  }
});

test("decideReuse counts the Age that a response came with", () => {
  const stored = store([["Cache-Control", "max-age=3600"], ["Age", "1800"]]);
  assertEquals(decide(stored, 0, [["Cache-Control", "max-age=600"]]), "validate request");
  assertEquals(decide(stored, 0, [["Cache-Control", "min-fresh=1801"]]), "validate request");
  assertEquals(decide(stored, 0, [["Cache-Control", "min-fresh=1800"]]), "fresh");
  assertEquals(
    decide(store([["Cache-Control", "max-age=3600"], ["Age", "7200"]]), 0),
    "validate stale",
  );
});

test("decideReuse knows what to do without a stored response, and with other methods", () => {
  const stored = store([["Cache-Control", "max-age=100"]]);
  assertEquals(decide(null, 0), "forward uri-miss");
  assertEquals(decide(null, 0, [["Cache-Control", "only-if-cached"]]), "gateway-timeout");
  assertEquals(decideReuse("GET", new FieldList(), null, START, true), {
    kind: "forward",
    reason: "vary-miss",
  });
  assertEquals(decide(stored, 0, [], "HEAD"), "fresh");
  assertEquals(decide(stored, 0, [], "POST"), "forward method");
  assertEquals(decide(stored, 0, [["Pragma", "no-cache"]]), "validate request");
  assertEquals(decide(stored, 0, [["If-Match", "*"]]), "forward request");
  assertEquals(decide(stored, 0, [["If-Unmodified-Since", "x"]]), "forward request");
});

test("isFreshHit leaves a 206 to the closer look", () => {
  const stored = store([["Cache-Control", "max-age=100"], ["Content-Range", "bytes 0-1/2"]], {
    status: 206,
  });
  assertEquals(isFreshHit(stored, START), false);
  assertEquals(isFreshHit({ ...stored, status: 200 }, START), true);
});

test("mayServeOnError serves stale only where someone allows it (RFC 9111 §4.2.4, RFC 5861 §4)", () => {
  const cases: [string, string, "disconnected" | number, number, boolean, boolean][] = [
    ["max-age=10", "", "disconnected", 11, false, true],
    ["max-age=10", "", 503, 11, false, false],
    ["max-age=10, stale-if-error=60", "", "disconnected", 70, true, true],
    ["max-age=10, stale-if-error=60", "", 503, 70, true, true],
    ["max-age=10, stale-if-error=60", "", 500, 71, false, false],
    ["max-age=10, stale-if-error=60", "", 404, 11, false, false],
    ["max-age=10, stale-if-error=60", "", 501, 11, false, false],
    ["max-age=10", "stale-if-error=60", 504, 70, true, true],
    ["max-age=10, stale-if-error=60", "no-cache", 503, 11, false, false],
    ["max-age=10, stale-if-error=60, must-revalidate", "", "disconnected", 11, false, false],
    ["max-age=10, proxy-revalidate", "", "disconnected", 11, false, false],
    ["s-maxage=10, stale-if-error=60", "", "disconnected", 11, false, false],
    ["no-cache, stale-if-error=60", "", "disconnected", 11, false, false],
  ];
  for (const [cc, request, failure, seconds, expected, whenDisconnected] of cases) {
    const stored = store([["Cache-Control", cc], ETAG]);
    const fields = new FieldList(request === "" ? [] : [["Cache-Control", request]]);
    const may = (staleWhenDisconnected: boolean) =>
      mayServeOnError(stored, fields, failure, START + seconds * 1000, { staleWhenDisconnected });
    assertEquals(
      [may(false), may(true)],
      [expected, whenDisconnected],
      `${cc} / ${request} ${failure} ${seconds}`,
    );
  }
});
