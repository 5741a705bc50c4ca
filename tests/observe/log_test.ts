import { configureSync, type LogRecord, resetSync } from "@logtape/logtape";
import fc from "fast-check";
import { assertEquals, assertNotMatch } from "../asserts.ts";
import { test } from "../harness.ts";
import type { Event } from "../../observe/events.ts";
import { logEvents } from "../../observe/log.ts";
import { jsonFormat, type LineRecord, textFormat } from "../../observe/log_format.ts";
import {
  cutText,
  eventLevel,
  eventSentence,
  isTopicLogged,
  MAX_LOG_TEXT,
} from "../../observe/log_text.ts";
import { Observer } from "../../observe/observer.ts";

const BASE = { node: "table proxy", timeMs: Date.UTC(2026, 0, 2, 3, 4, 5, 6) };
const PEER = "127.0.0.1:50312";
const UNSAFE = /[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;

const EVENTS: readonly [Event, level: string, sentence: string][] = [
  [
    { ...BASE, type: "message.received", peer: PEER, bytes: 13, text: "OP=GET;IND=1;" },
    "info",
    `← ${PEER} OP=GET;IND=1;`,
  ],
  [
    { ...BASE, type: "message.sent", peer: PEER, bytes: 20, text: "OP=GET;IND=1;DATA=5;" },
    "info",
    `→ ${PEER} OP=GET;IND=1;DATA=5;`,
  ],
  [
    { ...BASE, type: "connection.opened", peer: PEER, open: 2 },
    "debug",
    `${PEER} connected (2 open)`,
  ],
  [{ ...BASE, type: "connection.closed", peer: PEER, open: 1 }, "debug", `${PEER} left (1 open)`],
  [
    { ...BASE, type: "connection.refused", peer: PEER, open: 9, reason: "too many" },
    "warning",
    `${PEER} turned away: too many (9 open)`,
  ],
  [
    { ...BASE, type: "connection.failed", peer: PEER, open: 0, error: new Error("a\nb") },
    "warning",
    `${PEER} failed: a\\nb (0 open)`,
  ],
  [
    { ...BASE, type: "cache.evict", key: "3", entries: 5, detail: "least recent" },
    "debug",
    "evict 3, least recent (5 held)",
  ],
  [
    { ...BASE, type: "upstream.retry", upstream: "h:1", attempt: 2, reason: "refused" },
    "debug",
    "trying h:1 again (attempt 2): refused",
  ],
  [
    { ...BASE, type: "upstream.failed", upstream: "h:1" },
    "error",
    "cannot reach h:1, trying again",
  ],
  [{ ...BASE, type: "state.changed", text: "0 1\n5 6" }, "debug", "holds 0 1 | 5 6"],
  [{ ...BASE, type: "node.warning", text: "Odd" }, "warning", "Odd"],
];

function recordOf([event, level, sentence]: typeof EVENTS[number]): LineRecord {
  return {
    category: ["halfway", "x"],
    level: level as LineRecord["level"],
    message: [sentence],
    timestamp: event.timeMs,
    properties: { ...event },
  };
}

test("eventSentence and eventLevel say what happened and how severe it is", () => {
  for (const [event, level, sentence] of EVENTS) {
    assertEquals([eventLevel(event), eventSentence(event)], [level, sentence], event.type);
  }
});

test("eventLevel asks for the level of an error", () => {
  const [event] = EVENTS[5];
  assertEquals(eventLevel(event, () => "error"), "error");
});

test("cutText lets no control character through and names the size of what it cuts", () => {
  assertEquals(cutText("a\x1b[2J\r\n\t\x7f\x9b\u202e"), "a\\x1b[2J\\r\\n\\t\\x7f\\x9b\\u202e");
  assertEquals(cutText("x".repeat(201), 70_000), `${"x".repeat(200)}… (70000 bytes)`);
  assertEquals(cutText("x".repeat(201)), `${"x".repeat(200)}… (201 characters)`);
  // A pair of surrogates at the cut goes as a whole.
  assertEquals(cutText("x".repeat(199) + "😀".repeat(2)), `${"x".repeat(199)}… (203 characters)`);
  fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 300 }), (text) => {
    assertNotMatch(cutText(text), UNSAFE);
  }));
});

test("textFormat and jsonFormat make one safe line of any text", () => {
  const text = textFormat(false);
  const json = jsonFormat();
  fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 600 }), (words) => {
    const event: Event = { ...BASE, type: "message.received", peer: PEER, bytes: 1, text: words };
    const record = recordOf([event, "info", eventSentence(event)]);
    for (const line of [text(record), json(record)]) {
      assertEquals(line.endsWith("\n"), true);
      assertNotMatch(line.slice(0, -1), UNSAFE);
    }
    const read = JSON.parse(json(record));
    if (words.length <= 2 * MAX_LOG_TEXT) assertEquals(read.text, words);
    else assertEquals(read.text.length <= 2 * MAX_LOG_TEXT, true);
  }));
});

test("jsonFormat gives the event's fields, errors included", () => {
  const line = jsonFormat()(recordOf(EVENTS[5]));
  assertEquals(JSON.parse(line), {
    time: "2026-01-02T03:04:05.006Z",
    level: "warning",
    node: "table proxy",
    event: "connection.failed",
    message: `${PEER} failed: a\\nb (0 open)`,
    peer: PEER,
    open: 0,
    error: { name: "Error", message: "a\nb" },
  });
});

test("textFormat writes time, level, node and sentence, coloured when asked", () => {
  const record = recordOf(EVENTS[0]);
  const date = new Date(BASE.timeMs);
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()]
    .map((part) => String(part).padStart(2, "0")).join(":") + ".006";
  assertEquals(textFormat(false)(record), `${time} info    table proxy  ${EVENTS[0][2]}\n`);
  // deno-lint-ignore no-control-regex -- it takes the colours out
  const plain = textFormat(true)(record).replace(/\x1b\[\d+m/g, "");
  assertEquals(plain, textFormat(false)(record));
});

test("textFormat makes what other code logs harmless", () => {
  const record: LineRecord = {
    category: ["logtape", "meta"],
    level: "warning",
    message: ["a\x1b", { b: 1n }, ""],
    timestamp: 0,
    properties: {},
  };
  assertEquals(textFormat(false)(record).slice(13), 'warning logtape.meta  a\\x1b{"b":"1"}\n');
});

test("logEvents listens only to topics that its level lets through", () => {
  const topics = ["connection", "message", "cache", "upstream", "state", "node"] as const;
  const cases = [
    ["debug", topics],
    ["info", ["connection", "message", "upstream", "node"]],
    ["warning", ["connection", "upstream", "node"]],
    ["error", ["connection", "upstream"]],
  ] as const;
  for (const [level, expected] of cases) {
    const observer = new Observer();
    const stop = logEvents(observer, { level });
    assertEquals(topics.filter((topic) => observer[topic] !== null), [...expected], level);
    assertEquals(topics.filter((topic) => isTopicLogged(topic, level)), [...expected], level);
    stop();
    assertEquals(topics.filter((topic) => observer[topic] !== null), [], level);
  }
});

test("logEvents hands LogTape a peer's braces as they are", () => {
  const records: LogRecord[] = [];
  configureSync({
    reset: true,
    sinks: { keep: (record: LogRecord) => records.push(record) },
    loggers: [
      { category: "halfway", lowestLevel: "debug", sinks: ["keep"] },
      { category: ["logtape", "meta"], lowestLevel: "error", sinks: [] },
    ],
  });
  try {
    const observer = new Observer();
    const stop = logEvents(observer, { level: "info" });
    observer.message?.({
      ...BASE,
      type: "message.received",
      peer: PEER,
      bytes: 9,
      text: "{peer} {{x}}",
    });
    observer.connection?.({ ...BASE, type: "connection.opened", peer: PEER, open: 1 });
    stop();
    assertEquals(
      records.map(({ category, level, message, timestamp }) => ({
        category,
        level,
        message,
        timestamp,
      })),
      [{
        category: ["halfway", "message"],
        level: "info",
        message: [`← ${PEER} {peer} {{x}}`],
        timestamp: BASE.timeMs,
      }],
    );
  } finally {
    resetSync();
  }
});
