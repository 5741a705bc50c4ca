import { assertEquals, assertInstanceOf, assertStringIncludes } from "../asserts.ts";
import { test } from "../harness.ts";
import { BindError, ConnectError, ERROR_MEANINGS, TimeoutError } from "../../net/errors.ts";
import { asBindError, asConnectError, asNetworkError, reasonOf } from "../../net/network_errors.ts";

const ADDRESS = { hostname: "::1", port: 6001 };

/** An error as the one runtime names it, or the other. */
function thrown(name: string, code?: string): Error {
  const error = new Error("what the system says (os error 99)");
  error.name = name;
  return code === undefined ? error : Object.assign(error, { code });
}

test("asNetworkError makes one closed error of every way in which a peer is gone, and keeps the cause", () => {
  for (
    const cause of [
      thrown("ConnectionReset"),
      thrown("BrokenPipe"),
      thrown("BadResource"),
      thrown("Interrupted"),
      thrown("Error", "ECONNRESET"),
      thrown("Error", "EPIPE"),
      thrown("Error", "ERR_STREAM_DESTROYED"),
    ]
  ) {
    const error = asNetworkError(cause, "h:1");
    assertEquals([error.code, error.message, error.cause], [
      "CLOSED",
      "Connection to h:1 was lost: connection reset",
      cause,
    ]);
  }
  const own = new TimeoutError("late");
  assertEquals(asNetworkError(own, "h:1"), own);
});

test("asConnectError says in a few words why, without the numbers of the system", () => {
  const reasons = [
    [thrown("ConnectionRefused"), "connection refused"],
    [thrown("Error", "ECONNREFUSED"), "connection refused"],
    [thrown("Error", "ENOTFOUND"), "no such host"],
    [thrown("Error", "EAI_AGAIN"), "no such host"],
    [thrown("TimedOut"), "timed out"],
    [thrown("Error", "ETIMEDOUT"), "timed out"],
    [thrown("Error"), "what the system says"],
  ] as const;
  for (const [cause, reason] of reasons) {
    const error = asConnectError(cause, ADDRESS);
    assertInstanceOf(error, ConnectError);
    assertEquals(error.message, `Cannot connect to [::1]:6001: ${reason}`);
  }
  assertEquals(reasonOf("a string"), "a string");
});

test("asBindError says what to do", () => {
  const sentences = [
    [thrown("AddrInUse"), "the port is in use"],
    [thrown("Error", "EADDRINUSE"), "the port is in use"],
    [thrown("AddrNotAvailable"), "no such address"],
    [thrown("Error", "EADDRNOTAVAIL"), "no such address"],
    [thrown("PermissionDenied"), "not permitted"],
    [thrown("Error", "EACCES"), "not permitted"],
    [thrown("Error"), "what the system says"],
  ] as const;
  for (const [cause, part] of sentences) {
    const error = asBindError(cause, ADDRESS);
    assertInstanceOf(error, BindError);
    assertStringIncludes(error.message, "Cannot listen on [::1]:6001: ");
    assertStringIncludes(error.message, part);
    assertEquals(error.cause, cause);
  }
});

test("ERROR_MEANINGS give the exit codes that are documented", () => {
  const codes = Object.fromEntries(
    Object.entries(ERROR_MEANINGS).map(([code, { exitCode }]) => [code, exitCode]),
  );
  assertEquals(codes, {
    FRAME_SYNTAX: 5,
    FRAME_TOO_LARGE: 5,
    UNEXPECTED_END: 5,
    CONNECT: 3,
    TIMEOUT: 4,
    REMOTE: 1,
    CLOSED: 3,
    BIND: 6,
    USAGE: 2,
  });
});
