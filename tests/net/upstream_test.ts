import { assertEquals, assertStringIncludes } from "../asserts.ts";
import { test } from "../harness.ts";
import { ScriptedServer } from "../support/scripted_server.ts";
import { until, within } from "../support/within.ts";
import { bytesOf, type Wire } from "../support/wire.ts";
import { type Decoder, NEED_MORE } from "../../net/decoder.ts";
import { FrameSyntaxError, type HalfwayError } from "../../net/errors.ts";
import { Upstream, type UpstreamOptions } from "../../net/upstream.ts";

interface Line {
  text: string;
}

/** Replies that are lines. */
const createDecoder = (): Decoder<Line> => ({
  create: () => ({ text: "" }),
  decode(frame, buffer, start, end) {
    const at = buffer.subarray(0, end).indexOf(0x0a, start);
    if (at < 0) return NEED_MORE;
    frame.text = new TextDecoder().decode(buffer.subarray(start, at));
    return at + 1;
  },
});

const HASTY = {
  createDecoder,
  connectTimeoutMs: 500,
  replyTimeoutMs: 2_000,
  retryTimeMs: 1_000,
  backoff: { firstMs: 5, maxMs: 20 },
} as const;

function start(server: ScriptedServer, options: Partial<UpstreamOptions<Line>> = {}) {
  return new Upstream<Line>({ ...HASTY, ...options, address: server.addr });
}

/** Asks for `text`; gives the reply, or the error's code. */
function ask(upstream: Upstream<Line>, text: string, repeatable = false): Promise<string> {
  return within(
    upstream.exchange(
      (out) => out.putBytes(bytesOf(`${text}\n`)),
      (reply) => reply.text,
      repeatable,
    )
      .catch((error: HalfwayError) => error.code),
    `a reply to ${text}`,
  );
}

async function echo(wire: Wire): Promise<void> {
  for (;;) await wire.send(`${await wire.line()}!\n`);
}

test("Upstream connects when something is asked, keeps the connection, and answers in order", async () => {
  await using server = await ScriptedServer.start(echo);
  const upstream = start(server);
  assertEquals([upstream.connected, upstream.pending], [false, 0]);
  const replies = await Promise.all(
    Array.from({ length: 5000 }, (_, i) => ask(upstream, `${i}`)),
  );
  replies.forEach((reply, i) => assertEquals(reply, `${i}!`));
  assertEquals([server.wires.length, upstream.generation, upstream.pending], [1, 1, 0]);
  upstream.close();
});

test("Upstream uses as many connections as it may, and no more requests on each than allowed", async () => {
  let most = 0;
  await using server = await ScriptedServer.start(async (wire) => {
    for (;;) {
      const message = await wire.line();
      // With one in flight, no second message can be here yet.
      most = Math.max(most, message.length);
      await wire.send(`${message}!\n`);
    }
  });
  const upstream = start(server, { maxConnections: 3, maxInFlight: 1 });
  const replies = await Promise.all(Array.from({ length: 200 }, (_, i) => ask(upstream, `${i}`)));
  replies.forEach((reply, i) => assertEquals(reply, `${i}!`));
  assertEquals(server.wires.length <= 3, true);
  upstream.close();
});

test("Upstream keeps one time for the next attempt when several connections fail at once", async () => {
  await using server = await ScriptedServer.start(async (wire, nth) => {
    if (nth < 3) {
      await wire.line();
      return;
    }
    await echo(wire);
  });
  const upstream = start(server, { maxConnections: 3, maxInFlight: 1, retryTimeMs: 5_000 });
  const replies = await Promise.all(["a", "b", "c", "d"].map((text) => ask(upstream, text, true)));
  assertEquals(replies, ["a!", "b!", "c!", "d!"]);
  upstream.close();
});

test("Upstream fails at once when too many requests wait already", async () => {
  await using server = await ScriptedServer.start();
  const upstream = start(server, { maxInFlight: 1, maxQueued: 2, retryTimeMs: 5_000 });
  const first = [ask(upstream, "a"), ask(upstream, "b")];
  let told = "";
  upstream.request({
    write: () => {},
    repeatable: true,
    onReply: () => {},
    onFailure: (error) => told = error.message,
  });
  assertStringIncludes(told, "cannot keep up: 2 requests wait already");
  upstream.close();
  assertEquals(await Promise.all(first), ["CLOSED", "CLOSED"]);
});

test("Upstream gives up the connection when an answer makes no sense, and tells when it is over", async () => {
  await using server = await ScriptedServer.start();
  const upstream = start(server);
  const told: string[] = [];
  upstream.request({
    write: (out) => out.putBytes(bytesOf("a\n")),
    repeatable: false,
    onReply: (reply) => {
      told.push(`reply ${reply.text}`);
      throw new FrameSyntaxError("No sense");
    },
    onFailure: (error) => told.push(`failure ${error.code}`),
    onSettled: () => told.push("settled"),
  });
  const wire = await server.next();
  await wire.send(`${await wire.line()}?\n`);
  await until(() => told.length === 1 && !upstream.connected, "the connection is given up");
  assertEquals(told, ["reply a?"]);
  assertEquals(await wire.rest(true), "");
  wire.close();
  await until(() => told.length === 2, "the request is settled");
  assertEquals(told, ["reply a?", "settled"]);
  upstream.close();
});

test("Upstream settles nothing of a connection whose end it has not seen", async () => {
  await using server = await ScriptedServer.start();
  const upstream = start(server, { replyTimeoutMs: 1, retryTimeMs: 0 });
  const settled: number[] = [];
  const count = 70;
  for (let i = 0; i < count; i++) {
    await within(
      new Promise<void>((resolve) =>
        upstream.request({
          write: (out) => out.putBytes(bytesOf(`${i}\n`)),
          repeatable: false,
          onReply: () => {},
          onFailure: () => resolve(),
          onSettled: () => settled.push(i),
        })
      ),
      `request ${i} to time out`,
    );
  }
  // It keeps 64 such connections at most; of the oldest it will never be known.
  assertEquals(server.wires.length, count);
  assertEquals(settled, []);
  for (const wire of server.wires) wire.close();
  await until(() => settled.length === 64, "the others are settled");
  assertEquals(settled.sort((a, b) => a - b)[0], count - 64);
  upstream.close();
});
