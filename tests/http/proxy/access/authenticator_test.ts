import { assertEquals, assertThrows } from "../../../asserts.ts";
import { test } from "../../../harness.ts";
import { Authenticator } from "../../../../http/proxy/access/authenticator.ts";
import { formatBasic } from "../../../../http/fields/basic.ts";
import { formatPasswordHash, hashPassword } from "../../../../http/proxy/access/password_hash.ts";

async function credential(user: string, password: string, cost = 2): Promise<string> {
  const hash = await hashPassword(password, { cost, blockSize: 8, parallelization: 1 });
  return `${user}:${formatPasswordHash(hash)}`;
}

test("Authenticator knows its users by their passwords, and nobody else", async () => {
  const users = await Promise.all([credential("alice", "a:1"), credential("bärbel", "ö")]);
  const authenticator = new Authenticator(users);
  const cases: [credentials: string, verdict: string][] = [
    ["alice:a:1", "right"],
    ["bärbel:ö", "right"],
    ["alice:a:1", "right"],
    ["alice:ö", "wrong"],
    ["alice:", "wrong"],
    ["Alice:a:1", "wrong"],
    ["carol:a:1", "wrong"],
  ];
  for (const [credentials, verdict] of cases) {
    assertEquals(await authenticator.check(formatBasic(credentials)), verdict, credentials);
  }
  assertEquals(await authenticator.check(null), "wrong");
  assertEquals(await authenticator.check("Bearer x"), "wrong");
});

test("Authenticator checks few at a time, turns away beyond a queue, and lets the known pass", async () => {
  const authenticator = new Authenticator([await credential("alice", "right", 4096)]);
  assertEquals(await authenticator.check(formatBasic("alice:right")), "right");
  const guesses = Array.from(
    { length: 100 },
    (_, i) => authenticator.check(formatBasic(`alice:${i}`)),
  );
  let over = 0;
  for (const guess of guesses) guess.then(() => over++);
  // Known already: it waits for none of the guesses.
  assertEquals(await authenticator.check(formatBasic("alice:right")), "right");
  const verdicts = await Promise.all(guesses);
  assertEquals(verdicts.filter((verdict) => verdict === "wrong").length, 66);
  assertEquals(verdicts.filter((verdict) => verdict === "busy").length, 34);
  assertEquals(over, 100);
  // And there is room again.
  assertEquals(await authenticator.check(formatBasic("alice:0")), "wrong");
});

test("Authenticator checks once what many ask at once", async () => {
  const authenticator = new Authenticator([await credential("alice", "right", 1024)]);
  const value = formatBasic("alice:right");
  const verdicts = await Promise.all(
    Array.from({ length: 500 }, () => authenticator.check(value)),
  );
  assertEquals(verdicts.filter((verdict) => verdict !== "right"), []);
});

test("Authenticator takes no user twice, and no password in the place of a hash", async () => {
  const alice = await credential("alice", "x");
  for (const credentials of [[alice, alice], ["alice:hunter2"], ["alice"], [":x"]]) {
    const { message } = assertThrows(() => new Authenticator(credentials), RangeError);
    assertEquals(message.includes("hunter2") || message.includes("alice"), false, message);
  }
});
