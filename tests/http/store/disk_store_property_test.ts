import { copyFileSync, readdirSync } from "node:fs";
import { readFile, rm, truncate, writeFile } from "node:fs/promises";
import fc from "fast-check";
import { assert, assertEquals } from "../../asserts.ts";
import { test } from "../../harness.ts";
import { SpilledBytes } from "../../../http/store/spill.ts";
import { readAll } from "../../../http/store/stored_bytes.ts";
import { Variant } from "../../../http/store/variant.ts";
import { store as makeResponse } from "../policy/support.ts";
import { makeFolder, type TestFolder } from "../files.ts";
import { bytesOf, openDisk, page, type TestDisk } from "./support.ts";

/** What is done to a store, one after the other; what is not waited for goes on beside what follows. */
type Step =
  | {
    readonly kind: "put";
    readonly key: number;
    readonly vary: number;
    readonly size: number;
    readonly wait: boolean;
  }
  | { readonly kind: "read"; readonly key: number; readonly wait: boolean }
  | { readonly kind: "replace" | "remove" | "purge"; readonly key: number }
  | { readonly kind: "purge all" | "reopen" | "kill" }
  | { readonly kind: "damage"; readonly which: number; readonly how: number };

const SIZES = [0, 10, 5_000, 70_000, 300_000];
const key = fc.nat(2);
const wait = fc.boolean();
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("put" as const),
      key,
      vary: fc.nat(2),
      size: fc.nat(SIZES.length - 1),
      wait,
    }),
  },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("read" as const), key, wait }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom("replace" as const, "remove" as const, "purge" as const),
      key,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constantFrom("purge all" as const, "reopen" as const, "kill" as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("damage" as const),
      which: fc.nat(20),
      how: fc.nat(2),
    }),
  },
);

/** What should be in a store: the number of the body that was put last for each key and variant. */
class Model {
  /** All that was ever true, by key and variant. */
  readonly #history = new Map<string, (number | null)[]>();
  /** Those that have to be there, since nothing has happened to them. */
  readonly certain = new Set<string>();

  set(name: string, body: number | null): void {
    this.#history.set(name, [...(this.#history.get(name) ?? [null]), body]);
    this.certain.delete(name);
  }

  /** A body was kept, and is there as long as it is the newest. */
  kept(name: string, body: number): void {
    if (this.#history.get(name)?.at(-1) === body) this.certain.add(name);
  }

  /** This moment, for one variant. */
  at(name: string): number {
    return (this.#history.get(name) ?? [null]).length - 1;
  }

  /** Bodies that were the newest at some moment since. */
  since(name: string, at: number): (number | null)[] {
    return (this.#history.get(name) ?? [null]).slice(at);
  }

  names(prefix = ""): string[] {
    return [...this.#history.keys()].filter((name) => name.startsWith(prefix));
  }
}

/** A store, and a model of it. */
class Trial {
  readonly #folders: TestFolder[] = [];
  readonly #model = new Model();
  readonly #maxHeadBytes: number;
  readonly #bodies: Uint8Array[] = [];
  #disk!: TestDisk;
  #underWay: Promise<unknown>[] = [];
  #damaged = false;

  constructor(maxHeadBytes: number) {
    this.#maxHeadBytes = maxHeadBytes;
  }

  get #folder(): TestFolder {
    return this.#folders.at(-1)!;
  }

  async open(): Promise<void> {
    if (this.#folders.length === 0) this.#folders.push(await makeFolder({}));
    this.#disk = await openDisk(this.#folder.path, { maxHeadBytes: this.#maxHeadBytes });
  }

  async run(step: Step): Promise<void> {
    const { store } = this.#disk;
    switch (step.kind) {
      case "put": {
        const doing = this.#put(step.key, step.vary, SIZES[step.size]);
        this.#underWay.push(doing);
        if (step.wait) await doing;
        return;
      }
      case "read": {
        const doing = this.#read(step.key);
        this.#underWay.push(doing);
        if (step.wait) await doing;
        return;
      }
      case "replace":
        for (const variant of store.get(url(step.key))) {
          const { stored } = variant;
          const after = { ...stored, freshUntilMs: stored.freshUntilMs + 1000 };
          store.replace(url(step.key), variant, variant.with(after));
        }
        return;
      case "remove":
        for (const variant of store.get(url(step.key))) {
          store.remove(url(step.key), variant);
          this.#model.set(nameOf(step.key, Number(variant.stored.varyKey.slice(2))), null);
        }
        return;
      case "purge":
        await this.#settle();
        await store.purge(url(step.key));
        return this.#forget(`${step.key}/`);
      case "purge all":
        await this.#settle();
        await store.purgePrefix("http://");
        return this.#forget("");
      case "reopen":
        await this.#settle();
        await store.close();
        return await this.open();
      case "kill": {
        // Another goes on with the files as they are at this moment, whatever was being written.
        const old = this.#disk;
        const before = this.#folder;
        this.#folders.push(await makeFolder({}));
        for (const name of readdirSync(before.path)) {
          try {
            // As another process would have named it.
            const copy = name.replace(/^tmp-.*-/, "tmp-99999999-");
            copyFileSync(before.at(name), this.#folder.at(copy));
          } catch {
            // It was given another name meanwhile.
          }
        }
        this.#model.certain.clear();
        await this.#settle();
        await old.store.close();
        this.#model.certain.clear();
        return await this.open();
      }
      case "damage":
        return await this.#damage(step.which, step.how);
    }
  }

  async #put(key: number, vary: number, size: number): Promise<void> {
    const { store } = this.#disk;
    const folder = this.#folder;
    const number = this.#bodies.length;
    const body = bytesOf(size, number + 1);
    this.#bodies.push(body);
    const request: [string, string][] = [["X", `${vary}`]];
    const lines: [string, string][] = [["ETag", `"${number}"`]];
    if (vary > 0) lines.push(["Vary", "X"]);
    const name = nameOf(key, vary);
    if (size <= 256 * 1024) {
      this.#model.set(name, number);
      if (await store.put(url(key), page(body, lines, request))) this.#model.kept(name, number);
      return;
    }
    const spill = store.spill();
    await spill.write(body.subarray(0, 100_000));
    await spill.write(body.subarray(100_000));
    const stored = makeResponse([["Cache-Control", "max-age=60"], ...lines], { request });
    // The process that would have put it may have been killed meanwhile.
    if (folder === this.#folder) this.#model.set(name, number);
    try {
      const kept = await store.put(url(key), Variant.whole(stored, new SpilledBytes(spill, size)));
      if (kept && folder === this.#folder) this.#model.kept(name, number);
    } finally {
      spill.close();
    }
  }

  async #read(key: number): Promise<void> {
    const { store } = this.#disk;
    const folder = this.#folder;
    const at = VARIES.map((vary) => this.#model.at(nameOf(key, vary)));
    const certain = VARIES.filter((vary) => this.#model.certain.has(nameOf(key, vary)));
    await store.load(url(key));
    const variants = [...store.get(url(key))];
    const found = new Set<number>();
    for (const variant of variants) {
      const vary = variant.stored.varyNames.length === 0 ? 0 : Number(variant.stored.varyKey[2]);
      assert(!found.has(vary), `two of variant ${vary}`);
      found.add(vary);
      const bytes = await readAll(variant.body);
      // Nobody hears of it any more.
      if (folder !== this.#folder) return;
      if (bytes === null) {
        // What another took the place of meanwhile can't be read any more.
        this.#model.certain.delete(nameOf(key, vary));
        continue;
      }
      const number = Number(variant.stored.etag!.replaceAll('"', ""));
      assert(
        this.#model.since(nameOf(key, vary), at[vary]).includes(number),
        `body ${number} of ${nameOf(key, vary)}, which is old`,
      );
      assertEquals(bytes.length, this.#bodies[number].length);
      assert(bytes.every((byte, i) => byte === this.#bodies[number][i]), "other bytes");
    }
    if (this.#damaged || this.#maxHeadBytes < ALL_HEADS) return;
    const lost = certain.filter((vary) =>
      !found.has(vary) && this.#model.certain.has(nameOf(key, vary)) &&
      this.#model.at(nameOf(key, vary)) === at[vary]
    );
    assertEquals(lost, []);
  }

  #forget(prefix: string): void {
    for (const name of this.#model.names(prefix)) this.#model.set(name, null);
  }

  /** Waits for what is under way. */
  async #settle(): Promise<void> {
    while (this.#underWay.length > 0) await Promise.all(this.#underWay.splice(0));
  }

  async #damage(which: number, how: number): Promise<void> {
    const names = readdirSync(this.#folder.path).filter((name) => !name.startsWith("tmp-"));
    if (names.length === 0) return;
    this.#damaged = true;
    const path = this.#folder.at(names[which % names.length]);
    try {
      const bytes = await readFile(path);
      if (how === 0) await rm(path);
      else if (how === 1) await truncate(path, Math.floor(bytes.length / 2));
      else {
        bytes[which % bytes.length] ^= 1;
        await writeFile(path, bytes);
      }
    } catch {
      // It is gone already.
    }
  }

  /** Everything that was kept is there, and nothing else is left. */
  async end(): Promise<void> {
    await this.run({ kind: "reopen" });
    for (const key of [0, 1, 2]) await this.run({ kind: "read", key, wait: true });
    await this.#settle();
    const { store } = this.#disk;
    await store.scanned;
    const files = readdirSync(this.#folder.path);
    assertEquals(files.filter((name) => name.startsWith("tmp-")), []);
    await store.purgePrefix("");
    assertEquals([store.size, store.bytes], [0, 0]);
    assertEquals(this.#damaged ? [] : readdirSync(this.#folder.path), []);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled(this.#underWay);
    await this.#disk.store.close();
    for (const folder of this.#folders) await folder[Symbol.asyncDispose]();
  }
}

const VARIES = [0, 1, 2];
/** More than all heads together take here. */
const ALL_HEADS = 1024 * 1024;

function url(key: number): string {
  return `http://${key}/`;
}

function nameOf(key: number, vary: number): string {
  return `${key}/${vary}`;
}

for (const maxHeadBytes of [ALL_HEADS, 12_000]) {
  test(`DiskStore gives what was put last or nothing, with ${maxHeadBytes} bytes of heads`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60, size: "max" }), async (steps) => {
        await using trial = new Trial(maxHeadBytes);
        await trial.open();
        for (const each of steps) await trial.run(each);
        await trial.end();
      }),
      { numRuns: 100 },
    );
  });
}
