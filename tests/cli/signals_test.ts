import { EventEmitter } from "node:events";
import { assertEquals, assertRejects } from "../asserts.ts";
import { test } from "../harness.ts";
import { type StopOptions, watchStopSignals } from "../../cli/signals.ts";

function setUp(options: Partial<StopOptions> = {}) {
  const source = new EventEmitter();
  const log: string[] = [];
  let end = (): void => {};
  const ended = new Promise<void>((resolve) => end = resolve);
  const watch = watchStopSignals({
    drainTimeoutMs: 60_000,
    drain: () => {
      log.push("drain");
      return ended;
    },
    close: () => {
      log.push("close");
      end();
    },
    talk: (text) => log.push(text),
    source,
    ...options,
  });
  const handlers = (): number => source.listenerCount("SIGINT") + source.listenerCount("SIGTERM");
  return { source, log, end, watch, handlers };
}

test("watchStopSignals ends with 0 when the drain ends, and takes its handlers away", async () => {
  const { source, log, end, watch, handlers } = setUp();
  assertEquals(handlers(), 2);
  source.emit("SIGTERM");
  end();
  assertEquals(await watch.exitCode, 0);
  await Promise.resolve();
  assertEquals(log, ["Draining, up to 1m; once more to close at once", "drain"]);
  assertEquals(handlers(), 0);
});

test("watchStopSignals ends with the second signal's code even where closing ends the drain", async () => {
  const { source, log, watch, handlers } = setUp();
  source.emit("SIGINT");
  source.emit("SIGTERM");
  assertEquals(await watch.exitCode, 143);
  assertEquals(log.slice(1), ["drain", "close"]);
  assertEquals(handlers(), 0);
});

test("watchStopSignals closes when the drain's time is up", async () => {
  const { source, log, watch } = setUp({ drainTimeoutMs: 1 });
  source.emit("SIGINT");
  assertEquals(await watch.exitCode, 0);
  assertEquals(log.slice(1), ["drain", "close"]);
});

test("watchStopSignals passes on what the drain throws", async () => {
  const { source, watch } = setUp({ drain: () => Promise.reject(new Error("on purpose")) });
  source.emit("SIGINT");
  await assertRejects(() => watch.exitCode, Error, "on purpose");
});

test("watchStopSignals can be taken away by a node that ended by itself", () => {
  const { watch, handlers } = setUp();
  watch.remove();
  assertEquals(handlers(), 0);
});

test("watchStopSignals takes an echo of the first signal for no second one", async () => {
  let nowMs = 0;
  const { source, log, watch } = setUp({ now: () => nowMs });
  source.emit("SIGINT");
  nowMs = 99;
  source.emit("SIGINT");
  assertEquals(log.slice(1), ["drain"]);
  nowMs = 100;
  source.emit("SIGINT");
  assertEquals(await watch.exitCode, 130);
  assertEquals(log.slice(1), ["drain", "close"]);
});
