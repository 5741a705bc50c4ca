import { assertEquals } from "../asserts.ts";
import { test } from "../harness.ts";
import type { Event, Topic } from "../../observe/events.ts";
import { tellMessage } from "../../observe/messages.ts";
import { Observer } from "../../observe/observer.ts";
import { serviceHooks } from "../../observe/service_hooks.ts";
import { upstreamHooks } from "../../observe/upstream_hooks.ts";

const TOPICS: readonly Topic[] = ["connection", "message", "cache", "upstream", "state", "node"];

/** An observer, and what it was told, without node and time. */
function listening(): [Observer, object[]] {
  const observer = new Observer();
  const told: object[] = [];
  for (const topic of TOPICS) {
    observer.on(topic, (event: Event) => {
      const { node, timeMs, ...rest } = event;
      assertEquals([node, Math.abs(Date.now() - timeMs) < 60_000], ["a node", true]);
      told.push(rest);
    });
  }
  return [observer, told];
}

test("Observer has no function for a topic while nobody listens to it", () => {
  const observer = new Observer();
  assertEquals(TOPICS.map((topic) => observer[topic]), TOPICS.map(() => null));
  const told: string[] = [];
  const stops = ["a", "b", "c"].map((name) => observer.on("node", () => told.push(name)));
  const event = { type: "node.warning", node: "n", timeMs: 0, text: "t" } as const;
  observer.node?.(event);
  stops[1]();
  stops[1]();
  observer.node?.(event);
  stops[0]();
  stops[2]();
  assertEquals(observer.node, null);
  assertEquals(told.join(""), "abcac");
});

test("serviceHooks tell of connections, and with a reason only of those that fail", () => {
  const [observer, told] = listening();
  const hooks = serviceHooks("a node", observer);
  const peer = { address: "h:1" };
  const error = new Error("gone");
  hooks.onOpen(peer, 2);
  hooks.onClose(peer, 1, null);
  hooks.onClose(peer, 0, error);
  hooks.onRefuse(peer, 9);
  hooks.onAcceptError(new Error("Too many open files"), 20);
  hooks.onAcceptError("odd", 40);
  assertEquals(told, [
    { type: "connection.opened", peer: "h:1", open: 2 },
    { type: "connection.closed", peer: "h:1", open: 1 },
    { type: "connection.failed", peer: "h:1", open: 0, reason: "gone", error },
    { type: "connection.refused", peer: "h:1", open: 9, reason: "the connection limit is reached" },
    {
      type: "node.warning",
      text: "Cannot accept a connection (Too many open files); trying again in 20 ms",
    },
    { type: "node.warning", text: "Cannot accept a connection (odd); trying again in 40 ms" },
  ]);
});

test("upstreamHooks tell of the first failure as such, and of the others as attempts", () => {
  const [observer, told] = listening();
  const hooks = upstreamHooks("a node", "h:2", observer);
  hooks.onRetry(1, "refused", 50);
  hooks.onRetry(2, "refused", 100);
  hooks.onConnected(true);
  hooks.onLost("reset");
  assertEquals(told, [
    { type: "upstream.failed", upstream: "h:2", attempt: 1, reason: "refused" },
    { type: "upstream.retry", upstream: "h:2", attempt: 2, reason: "refused" },
    { type: "upstream.connected", upstream: "h:2" },
    { type: "upstream.lost", upstream: "h:2", reason: "reset" },
  ]);
});

test("tellMessage gives the text of a message without its end, and its size with it", () => {
  const [observer, told] = listening();
  const bytes = new Uint8Array([0x4f, 0x50, 0xff, 0x3b, 0x0d, 0x0a]);
  tellMessage(observer, "message.received", "a node", "h:3", bytes);
  assertEquals(told, [{ type: "message.received", peer: "h:3", bytes: 6, text: "OP\ufffd;" }]);
});
