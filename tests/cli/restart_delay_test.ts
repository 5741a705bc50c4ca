import { assertEquals } from "../asserts.ts";
import { test } from "../harness.ts";
import { RestartDelay } from "../../cli/restart_delay.ts";

test("RestartDelay waits longer and longer while workers die young, and not at all otherwise", () => {
  const delay = new RestartDelay(() => 0);
  assertEquals([1, 1, 1, 1].map((livedMs) => delay.after(livedMs)), [0, 100, 200, 400]);
  for (let i = 0; i < 40; i++) delay.after(9_999);
  assertEquals(delay.after(1), 10_000);
  assertEquals([60_000, 60_000, 1].map((livedMs) => delay.after(livedMs)), [0, 0, 100]);
});

test("RestartDelay leaves half of a wait to chance", () => {
  const delay = new RestartDelay(() => 0.999999);
  assertEquals([1, 1, 1].map((livedMs) => delay.after(livedMs)), [0, 50, 100]);
});
