import { EventEmitter } from "node:events";
import { assert, assertEquals, assertRejects } from "../asserts.ts";
import { test } from "../harness.ts";
import { until, within } from "../support/within.ts";
import { HalfwayError } from "../../net/errors.ts";
import { Supervisor, type SupervisorOptions, WorkerStartError } from "../../cli/supervisor.ts";
import type { FromWorker, ToWorker, WorkerSettings } from "../../cli/worker_messages.ts";
import type { WorkerChild } from "../../cli/worker_process.ts";

const SETTINGS: WorkerSettings = {
  proxy: { port: 1 },
  logging: { logLevel: "off", logFormat: "text" },
  drainTimeoutMs: 10_000,
};

/** A process that does what the test says. */
class Child extends EventEmitter {
  readonly pid: number;
  connected = true;
  readonly got: ToWorker[] = [];
  readonly signals: unknown[] = [];

  constructor(pid: number) {
    super();
    this.pid = pid;
  }

  send(message: ToWorker): boolean {
    this.got.push(message);
    return true;
  }

  kill(signal: unknown): boolean {
    this.signals.push(signal);
    return true;
  }

  says(message: FromWorker): void {
    this.emit("message", message);
  }

  listens(): void {
    this.says({ type: "ready" });
    this.says({ type: "listening", text: "Listening on a" });
  }

  ends(code: number | null = 0, signal: string | null = null): void {
    this.connected = false;
    this.emit("exit", code, signal);
  }

  /** What it was told, but for its start. */
  get told(): string[] {
    return this.got.map(({ type }) => type).filter((type) => type !== "start");
  }
}

function setUp(workers: number, options: Partial<SupervisorOptions> = {}) {
  const children: Child[] = [];
  const log: string[] = [];
  const supervisor = new Supervisor({
    workers,
    settings: SETTINGS,
    purgeLog: null,
    fork: () => {
      const child = new Child(children.length + 1);
      children.push(child);
      return child as unknown as WorkerChild;
    },
    onListening: (text) => log.push(text),
    tell: (level, text) => log.push(`${level}: ${text}`),
    random: () => 0,
    ...options,
  });
  return {
    supervisor,
    children,
    log,
    /** Waits for the start of so many processes in all. */
    started: (count: number) => until(() => children.length >= count, `${count} processes`),
    async [Symbol.asyncDispose]() {
      const closed = supervisor.close();
      for (const child of children) child.ends();
      await within(closed);
    },
  };
}

/** Lets all that is ready go on. */
function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

test("Supervisor says once that all workers listen, and replaces one that dies", async () => {
  await using bench = setUp(2);
  const { children, log } = bench;
  children[0].listens();
  await turn();
  assert(!log.includes("Listening on a"));
  children[1].listens();
  await turn();
  assertEquals(log.at(-1), "Listening on a");
  assertEquals(children[1].got, [{
    type: "start",
    worker: 2,
    settings: SETTINGS,
    pastPurges: [],
  }]);
  children[1].ends(null, "SIGKILL");
  await bench.started(3);
  assertEquals(
    log.at(-1),
    "warning: Worker 2 (process 2) was ended by SIGKILL; another one starts now",
  );
  children[2].ends(70);
  await bench.started(4);
  assertEquals(
    log.at(-1),
    "warning: Worker 2 (process 3) ended with exit code 70; another one starts in 100ms",
  );
  children[3].listens();
  await turn();
  assertEquals(log.filter((line) => line === "Listening on a").length, 1);
});

test("Supervisor fails with the first worker's reason when none can start", async () => {
  for (const known of [true, false]) {
    await using bench = setUp(2);
    const [first, second] = bench.children;
    first.says({ type: "ready" });
    if (known) first.says({ type: "failed", code: "BIND", message: "Cannot listen on a" });
    first.ends(known ? 6 : 3);
    await turn();
    second.ends(4);
    const error = await assertRejects(() => within(bench.supervisor.failed), Error);
    if (known) {
      assert(error instanceof HalfwayError);
      assertEquals([error.code, error.message], ["BIND", "Cannot listen on a"]);
    } else {
      assert(error instanceof WorkerStartError);
      const message = "Worker 1 (process 1) ended with exit code 3";
      assertEquals([error.exitCode, error.message], [3, message]);
    }
    assertEquals(bench.children.length, 2);
  }
});

test("Supervisor fails with the error of a process that can't be started", async () => {
  await using bench = setUp(1, {
    fork: () => {
      throw new Error("no permission");
    },
  });
  await assertRejects(() => within(bench.supervisor.failed), Error, "no permission");
});

test("Supervisor tries again for a worker that can't start, as long as another has", async () => {
  await using bench = setUp(2);
  const { children } = bench;
  children[0].ends(1);
  await turn();
  children[1].listens();
  await bench.started(3);
  children[2].listens();
  await turn();
  assertEquals(bench.log.at(-1), "Listening on a");
});

test("Supervisor.restart takes one worker after the other, each when its successor listens, and once more if asked", async () => {
  await using bench = setUp(2);
  const { children, supervisor, log } = bench;
  children.forEach((child) => child.listens());
  await turn();
  const restarted = supervisor.restart();
  supervisor.restart();
  supervisor.restart();
  for (let i = 0; i < 4; i++) {
    await bench.started(i + 3);
    await turn();
    assertEquals([children.length, children[i].told], [i + 3, []]);
    children[i + 2].listens();
    await until(() => children[i].told.length > 0, "it is told to end");
    await turn();
    assertEquals([children.length, children[i].told], [i + 3, ["drain"]]);
    children[i].ends();
  }
  await within(restarted);
  assertEquals(log.filter((line) => line === "info: Restarted all 2 workers").length, 2);
  assertEquals(children.length, 6);
});

test("Supervisor.restart leaves a worker alone whose successor can't start", async () => {
  await using bench = setUp(1);
  const { children, supervisor, log } = bench;
  children[0].listens();
  const restarted = supervisor.restart();
  await bench.started(2);
  children[1].ends(2);
  await within(restarted);
  assertEquals(children[0].told, []);
  assertEquals(
    log.at(-1),
    "warning: Worker 1 could not be restarted; the one that runs goes on",
  );
  assertEquals(children.length, 2);
});

test("Supervisor.restart makes up for a worker that dies meanwhile with the one that it starts", async () => {
  for (const successor of ["listens", "ends"]) {
    await using bench = setUp(1);
    const { children, supervisor } = bench;
    children[0].listens();
    await turn();
    const restarted = supervisor.restart();
    await bench.started(2);
    children[0].ends(null, "SIGSEGV");
    await turn();
    if (successor === "listens") children[1].listens();
    else children[1].ends(1);
    await within(restarted);
    await turn();
    await turn();
    assertEquals(children.length, successor === "listens" ? 2 : 3);
  }
});

test("Supervisor.drain ends when no process is left, and starts none any more", async () => {
  const { children, supervisor, log } = setUp(2);
  children[0].listens();
  await turn();
  const drained = supervisor.drain();
  assertEquals([children[0].told, children[1].told], [["drain"], ["drain"]]);
  const closed = supervisor.close();
  assertEquals(children[0].told, ["drain", "close"]);
  // It has not begun to listen to anybody.
  children[1].says({ type: "ready" });
  assertEquals(children[1].signals, ["SIGKILL"]);
  children[1].ends(null, "SIGKILL");
  children[0].ends();
  await within(Promise.all([drained, closed, supervisor.restart()]));
  assertEquals(children.length, 2);
  assertEquals(log.filter((line) => line.includes("another")), []);
});

test("Supervisor passes an announcement to every worker that may hold something", async () => {
  await using bench = setUp(4);
  const { children } = bench;
  const [first, second, starting] = children;
  first.listens();
  second.listens();
  starting.says({ type: "ready" });
  const purges = [{ kind: "key", text: "http://a/" }] as const;
  first.says({ type: "announce", id: 9, purges });
  assertEquals(children.map(({ told }) => told), [[], ["purge"], ["purge"], []]);
  second.says({ type: "purged", id: 1, count: 1 });
  await turn();
  assertEquals(first.told, []);
  starting.ends(null, "SIGKILL");
  await turn();
  assertEquals(first.got.at(-1), { type: "announced", id: 9, count: 1 });
});
