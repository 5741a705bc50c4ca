import { assertEquals } from "../asserts.ts";
import { test } from "../harness.ts";
import { ERROR_MEANINGS, TimeoutError } from "../../net/errors.ts";

test("HalfwayError keeps name, code and cause", () => {
  const cause = new Error("beneath");
  const error = new TimeoutError("No reply within 5 s", { cause });
  assertEquals([error.name, error.code, error.cause], ["TimeoutError", "TIMEOUT", cause]);
  assertEquals(ERROR_MEANINGS[error.code].exitCode, 4);
});
