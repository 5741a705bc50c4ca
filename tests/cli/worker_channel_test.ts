import { EventEmitter } from "node:events";
import { assertEquals, assertRejects } from "../asserts.ts";
import { test } from "../harness.ts";
import { type ParentLink, WorkerChannel } from "../../cli/worker_channel.ts";
import { ClosedError, RemoteError, TimeoutError } from "../../net/errors.ts";

class Link extends EventEmitter {
  connected = true;
  readonly sent: unknown[] = [];

  send(message: unknown): void {
    this.sent.push(message);
  }
}

function open(timeoutMs?: number) {
  const link = new Link();
  return { link, channel: new WorkerChannel(link as ParentLink, timeoutMs) };
}

const PURGES = [{ kind: "prefix", text: "http://a/" }] as const;

test("WorkerChannel announces through the parent, several at a time", async () => {
  const { link, channel } = open();
  const first = channel.announce(PURGES);
  const second = channel.announce(PURGES);
  assertEquals(link.sent, [1, 2].map((id) => ({ type: "announce", id, purges: PURGES })));
  link.emit("message", { type: "announced", id: 2, count: 5 });
  link.emit("message", { type: "announced", id: 9, count: 5 });
  assertEquals(await second, 5);
  link.emit("message", { type: "announced", id: 1, count: 0, error: "worker 2: disk full" });
  await assertRejects(() => first, RemoteError, "worker 2: disk full");
});

test("WorkerChannel purges at the parent's word, and says when it has, or why not", async () => {
  const { link, channel } = open();
  link.emit("message", { type: "purge", id: 1, purges: PURGES });
  await Promise.resolve();
  channel.onPurge = (purges) => Promise.resolve(purges.length + 1);
  link.emit("message", { type: "purge", id: 2, purges: PURGES });
  channel.onPurge = () => Promise.reject(new Error("disk full"));
  link.emit("message", { type: "purge", id: 3, purges: PURGES });
  await new Promise((resolve) => setTimeout(resolve));
  assertEquals(link.sent, [
    { type: "purged", id: 1, count: 0 },
    { type: "purged", id: 2, count: 2 },
    { type: "purged", id: 3, count: 0, error: "disk full" },
  ]);
});

test("WorkerChannel waits for no parent that is silent or gone", async () => {
  const { link, channel } = open(1);
  await assertRejects(() => channel.announce(PURGES), TimeoutError, "for 1 ms");
  let told = 0;
  channel.onGone = () => told++;
  const under = channel.announce(PURGES);
  link.connected = false;
  link.emit("disconnect");
  await assertRejects(() => under, ClosedError, "gone");
  await assertRejects(() => channel.announce(PURGES), ClosedError, "gone");
  assertEquals(told, 1);
});
