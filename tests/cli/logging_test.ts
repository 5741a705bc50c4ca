import { assertEquals, assertStringIncludes } from "../asserts.ts";
import { test } from "../harness.ts";
import { TimeoutError, UnexpectedEndError } from "../../net/errors.ts";
import { LogWriter } from "../../cli/log_writer.ts";
import { startLogging } from "../../cli/logging.ts";
import { Observer } from "../../observe/observer.ts";

function setUp(backlog = { chars: 0 }) {
  const writes: string[] = [];
  const writer = new LogWriter({
    target: {
      write: (text) => void writes.push(text),
      writeNow: (text) => void writes.push(`now: ${text}`),
      backlog: () => backlog.chars,
    },
    droppedLine: (count) => `dropped ${count}\n`,
  });
  return { writes, writer, backlog };
}

/** The end of this turn of the event loop, and of the next one's immediate callbacks. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

test("LogWriter writes the lines of one turn at once", async () => {
  const { writes, writer } = setUp();
  for (let i = 0; i < 3; i++) writer.write(`${i}\n`);
  assertEquals(writes, []);
  while (writes.length === 0) await nextTurn();
  assertEquals(writes, ["0\n1\n2\n"]);
  writer.write("3\n");
  writer.close();
  assertEquals(writes, ["0\n1\n2\n", "3\n"]);
  await nextTurn();
});

test("LogWriter holds a long turn's lines no longer than 64 KiB", async () => {
  const { writes, writer } = setUp();
  const line = `${"x".repeat(1023)}\n`;
  for (let i = 0; i < 65; i++) writer.write(line);
  assertEquals(writes.map((text) => text.length), [65_536]);
  writer.close();
  assertEquals(writes.map((text) => text.length), [65_536, 1024]);
  await nextTurn();
});

test("LogWriter drops lines and counts them while nobody reads", async () => {
  const { writes, writer, backlog } = setUp();
  backlog.chars = 1e9;
  writer.write("a\n");
  writer.write("b\n");
  backlog.chars = 0;
  writer.write("c\n");
  writer.close();
  assertEquals(writes, ["dropped 2\nc\n"]);
  await nextTurn();
});

test("startLogging logs errors of connections at the level of the error table", async () => {
  const { writes, writer } = setUp();
  const logging = startLogging({ logLevel: "warning", logFormat: "json", writer });
  const observer = new Observer();
  logging.attach(observer);
  assertEquals([observer.message, observer.cache], [null, null]);
  const base = { node: "n", timeMs: 0, type: "connection.failed", peer: "h:1", open: 0 } as const;
  observer.connection?.({ ...base, error: new UnexpectedEndError("half") });
  observer.connection?.({ ...base, error: new TimeoutError("late") });
  observer.connection?.({ ...base, error: new TypeError("a fault") });
  logging.stop();
  assertEquals(observer.connection, null);
  const lines = writes.join("").trimEnd().split("\n").map((line) => JSON.parse(line));
  assertEquals(lines.map(({ level, error }) => [level, error.message]), [
    ["warning", "late"],
    ["error", "a fault"],
  ]);
  await nextTurn();
});

test("startLogging listens to nothing when logging is off", () => {
  const observer = new Observer();
  startLogging({ logLevel: "off", logFormat: "text" }).attach(observer);
  assertEquals([observer.node, observer.upstream, observer.connection], [null, null, null]);
});

test("startLogging writes text without colour where stderr is no terminal", async () => {
  const { writes, writer } = setUp();
  const logging = startLogging({ logLevel: "info", logFormat: "text", noColor: true, writer });
  const observer = new Observer();
  logging.attach(observer);
  observer.node?.({ type: "node.listening", node: "table server", timeMs: 0, text: "Listening" });
  logging.stop();
  assertStringIncludes(writes.join(""), "info    table server  Listening\n");
  await nextTurn();
});
