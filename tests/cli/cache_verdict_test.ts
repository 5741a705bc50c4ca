import { assertEquals } from "../asserts.ts";
import { test } from "../harness.ts";
import { type CacheVerdict, cacheVerdictOf } from "../../cli/cache_verdict.ts";

test("cacheVerdictOf reads the last member of Cache-Status", () => {
  const cases: [value: string | null, verdict: CacheVerdict][] = [
    [null, "unknown"],
    ["", "unknown"],
    ["halfway", "unknown"],
    ["halfway; hit", "hit"],
    ["halfway; hit; ttl=-5", "hit"],
    ["halfway;hit=?1", "hit"],
    ["halfway; hit=?0; fwd=miss", "miss"],
    ["halfway; fwd=uri-miss", "miss"],
    ["halfway; fwd=uri-miss; stored", "stored"],
    ["halfway; fwd=uri-miss; stored=?0", "miss"],
    ["halfway; fwd=stale; fwd-status=304; stored", "validated"],
    ["halfway; fwd=stale; fwd-status=200; stored", "stored"],
    ["a; hit, b; fwd=uri-miss", "miss"],
    ["a; fwd=uri-miss, b; hit", "hit"],
    ['a; fwd=miss; detail="; hit, b; hit"', "miss"],
    ['"a, b; c"; hit', "hit"],
    ['a; hit; detail="\\"; fwd=miss"', "hit"],
  ];
  for (const [value, verdict] of cases) assertEquals(cacheVerdictOf(value), verdict, `${value}`);
});
