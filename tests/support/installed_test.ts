import { assertEquals, assertMatch } from "../asserts.ts";
import { test } from "../harness.ts";
import { lacking, pathOf } from "./installed.ts";

test("lacking names the programs that are not installed, and none that are", () => {
  assertEquals(lacking([]), null);
  assertEquals(lacking(["sh"]), null);
  assertEquals(lacking(["no-such-program", "sh", "nor-this"]), "no-such-program, nor-this");
  assertMatch(pathOf("sh")!, /\/sh$/);
  assertEquals(pathOf("no-such-program"), null);
});
