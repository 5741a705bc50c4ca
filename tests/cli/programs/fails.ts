// Fails in the way that its argument names.
import process from "node:process";
import { ConnectError, UsageError } from "../../../net/errors.ts";
import { runProgram } from "../../../cli/run.ts";

await runProgram(() => {
  switch (process.argv[2]) {
    case "usage":
      return Promise.reject(new UsageError("--port: expected 0 to 65535, found 70000"));
    case "connect":
      return Promise.reject(new ConnectError("No \x1b[2Jserver\nat 127.0.0.1:1"));
    case "fault":
      return Promise.reject(new TypeError("x is not a function"));
    default:
      return Promise.resolve(1);
  }
});
