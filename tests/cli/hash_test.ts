import { assert, assertEquals, assertMatch, assertStringIncludes } from "../asserts.ts";
import { test } from "../harness.ts";
import { runProgram } from "../programs.ts";
import { firstLine } from "../../cli/password.ts";
import { isPassword, parsePasswordHash } from "../../http/proxy/access/password_hash.ts";

test("halfway hash prints a user with the hash of the password on stdin", async () => {
  for (const input of ["open sesame\n", "open sesame", "open sesame\r\nmore\n"]) {
    const { code, stdout, stderr } = await runProgram("halfway", {
      args: ["hash", "alice"],
      input,
    });
    assertEquals([code, stderr], [0, ""]);
    assertMatch(stdout, /^alice:scrypt:[\w:-]+\n$/);
    const hash = parsePasswordHash(stdout.trimEnd().slice("alice:".length));
    assert(await isPassword("open sesame", hash));
  }
});

test("halfway hash says what it wants", async () => {
  const cases: [args: string[], input: string, expected: RegExp][] = [
    [[], "", /USER is missing/],
    [["a", "b"], "", /one argument/],
    [["a:b"], "hunter2\n", /without colons/],
    [["--frob"], "hunter2\n", /Expected a user name/],
    [["a"], "", /Expected a password/],
    [["a"], "hunter\x012\n", /control characters/],
    [["a"], "hunter2".repeat(1000), /at most 4096 bytes/],
  ];
  for (const [args, input, expected] of cases) {
    const { code, stdout, stderr } = await runProgram("halfway", {
      args: ["hash", ...args],
      input,
    });
    assertEquals([code, stdout], [2, ""], args.join(" "));
    assertMatch(stderr, expected);
    assert(!stderr.includes("hunter"), stderr);
  }
  const help = await runProgram("halfway", { args: ["hash", "--help"] });
  assertEquals(help.code, 0);
  assertStringIncludes(help.stdout, "Usage: halfway hash USER");
});

test("firstLine puts characters together that came in pieces", async () => {
  const bytes = new TextEncoder().encode("pässwörd\nrest");
  async function* pieces() {
    for (const byte of bytes) yield await Promise.resolve(new Uint8Array([byte]));
  }
  assertEquals(await firstLine(pieces()), "pässwörd");
});

test("--check-config shows no secret, and errors hold none", async () => {
  const cases: [program: "proxy" | "client", args: string[]][] = [
    ["proxy", ["http", "--auth", "alice:hunter2", "--purge-token", "hunter2", "--check-config"]],
    ["client", ["http", "--proxy-user", "alice:hunter2", "--check-config"]],
  ];
  for (const [program, args] of cases) {
    for (const more of [[], ["--json"]].slice(0, program === "client" ? 2 : 1)) {
      const { code, stdout, stderr } = await runProgram(program, { args: [...args, ...more] });
      assertEquals([code, stderr], [0, ""]);
      assertStringIncludes(stdout, "(set)");
      assert(!stdout.includes("hunter2"), stdout);
    }
  }
  const wrong = await runProgram("proxy", { args: ["http", "--port", "0", "--auth", "a:hunter2"] });
  assertEquals(wrong.code, 2);
  assertStringIncludes(wrong.stderr, "--auth: expected a hash such as");
  assert(!wrong.stderr.includes("hunter2"), wrong.stderr);
});

test("proxy http refuses rules that can't be read, or that hold for nothing", async () => {
  const cases: [args: string[], expected: RegExp][] = [
    [["--allow-host", "a:b"], /--allow-host: expected a rule such as/],
    [["--deny-host", "10.0.0.1/8"], /--deny-host: .*10\.0\.0\.0\/8/],
    [["--connect-port", "0"], /--connect-port: expected 1 to 65535/],
    [["-u", "127.0.0.1:1", "--deny-host", "a"], /--deny-host is for a forward proxy/],
    [["-u", "127.0.0.1:1", "--auth", "a:b"], /--auth is for a forward proxy/],
  ];
  for (const [args, expected] of cases) {
    const { code, stderr } = await runProgram("proxy", { args: ["http", "--port", "0", ...args] });
    assertEquals(code, 2, args.join(" "));
    assertMatch(stderr, expected);
  }
});
