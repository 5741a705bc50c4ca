/**
 * Runs each block of `docs/recipes.md` as it is written, in a copy of the project and with a home that is empty. The
 * ports in it are replaced by free ones, and the hosts by stand-ins on this machine; nothing else is.
 *
 * @module
 */

import { chmod, copyFile, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import process from "node:process";
import { assertEquals, assertMatch } from "../asserts.ts";
import { test, testWith } from "../harness.ts";
import { startFileServer } from "../../http/server/file_server.ts";
import { formatAddress } from "../../net/address.ts";
import type { NetAddress } from "../../net/connection.ts";
import { listen } from "../../net/runtime.ts";
import { listFiles } from "../../scripts/lib/files.ts";
import { ROOT } from "../../scripts/lib/project.ts";
import { makeFolder, type TestFolder } from "../http/files.ts";
import { mustRunClean } from "../support/clean_run.ts";
import { pathOf } from "../support/installed.ts";
import { startTlsOrigin } from "../support/tls_origin.ts";
import {
  startDebianRepository,
  startNpmRegistry,
  startPythonIndex,
  writeAptConfig,
} from "./stand_ins.ts";

/** The ports of the recipes. */
const PORTS = ["19999", "20000", "20001"];

/** A server in the place of a host, and what a recipe needs besides. */
interface StandIn extends AsyncDisposable {
  readonly addr: NetAddress;
  readonly env?: Readonly<Record<string, string>>;
  /** What it was asked for. */
  readonly seen?: readonly { readonly target: string }[];
}

/** What is known of a recipe. */
interface Recipe {
  readonly needs: readonly string[];
  /** The host that is replaced. */
  readonly host?: string;
  /** A port of it that the recipe names by itself. */
  readonly port?: string;
  /** Starts what takes its place. */
  standIn?(folder: TestFolder): Promise<StandIn>;
  /** What the recipe prints. */
  readonly prints: RegExp;
  /** What it has fetched once, and from then on from the cache. */
  readonly once?: readonly string[];
}

const WEB = {
  host: "www.example.org",
  standIn: async (folder: TestFolder): Promise<StandIn> => {
    await writeFile(folder.at("index.html"), "<p>An example</p>\n");
    return await startFileServer({
      root: folder.path,
      port: 0,
      cacheControl: [["**", "max-age=600"]],
    });
  },
};

const RECIPES: Readonly<Record<string, Recipe>> = {
  curl: {
    needs: ["curl"],
    ...WEB,
    prints:
      /^Cache-Status: halfway; fwd=uri-miss; stored\r\n[^]*^Cache-Status: halfway; hit[^]*^Cache-Status: halfway; hit[^]*(^200 .* hit .*\n){3}/m,
  },
  browser: { needs: ["curl", "chromium"], ...WEB, prints: /<p>An example<\/p>/ },
  tunnels: {
    needs: ["curl", "openssl"],
    host: "www.example.org:8443",
    port: "8443",
    standIn: async (folder) => {
      const origin = await startTlsOrigin(
        folder.path,
        (_, response) => void response.end("hello\n"),
      );
      return {
        addr: origin.addr,
        env: { CURL_CA_BUNDLE: origin.certificate },
        [Symbol.asyncDispose]: () => origin[Symbol.asyncDispose](),
      };
    },
    prints: /^hello\n$/,
  },
  password: { needs: ["curl"], ...WEB, prints: /^407\n200\n403\n$/ },
  npm: {
    needs: ["curl", "npm"],
    host: "registry.example:4873",
    standIn: () => startNpmRegistry(),
    once: ["/hello", "/hello/-/hello-1.0.0.tgz", "/world", "/world/-/world-1.0.0.tgz"],
    prints: /(added 2 packages in .*\n\n?){2}(200 .* hit .*\n){2}$/,
  },
  pip: {
    needs: ["curl", "pip3", "python3"],
    host: "pypi.example:3141",
    standIn: (folder) => startPythonIndex(folder.path),
    once: ["/packages/hello-1.0-py3-none-any.whl"],
    prints: /(Successfully downloaded hello\n[^]*){2}(200 .* hit .*\n){2}$/,
  },
  apt: {
    needs: ["curl", "apt-get", "dpkg-deb"],
    host: "mirror.example",
    once: ["/debian/dists/stable/Release", "/debian/pool/hello.deb"],
    standIn: async (folder) => {
      const repository = await startDebianRepository(folder.path);
      const url = `http://${formatAddress(repository.addr)}/debian`;
      const config = await writeAptConfig(folder.at("apt"), url);
      return {
        addr: repository.addr,
        seen: repository.seen,
        env: { APT_CONFIG: config },
        [Symbol.asyncDispose]: () => repository[Symbol.asyncDispose](),
      };
    },
    prints:
      /^Get:1 http:\/\/127\.0\.0\.1:\d+\/debian stable\/main amd64 hello [^]*\n(200 .* hit .*\n){2}$/m,
  },
  folder: {
    needs: ["curl"],
    ...WEB,
    prints: /^Cache-Status: halfway; fwd=uri-miss; stored\r\nCache-Status: halfway; hit; .*\r\n$/,
  },
  service: {
    needs: ["curl"],
    prints: /^200 .* miss .*\n200 .* stored .*\n200 .* hit .*\n.*1 purged\nHTTP\/1\.1 200 OK\n$/,
  },
};

/** The recipes of the page by their names, and how many blocks there are in all. */
async function readRecipes(): Promise<{ blocks: Map<string, string>; fences: number }> {
  const page = await readFile(join(ROOT, "docs/recipes.md"), "utf8");
  const marked = page.matchAll(/^<!-- recipe: (\w+) -->\n\n```sh\n([^]*?)^```$/gm);
  return {
    blocks: new Map([...marked].map(([, name, block]) => [name, block])),
    fences: page.match(/^```\w/gm)?.length ?? 0,
  };
}

/** Ports that nobody listens on. */
async function freePorts(count: number): Promise<number[]> {
  const listeners = await Promise.all(Array.from({ length: count }, () => listen({ port: 0 })));
  const ports = listeners.map(({ addr }) => addr.port);
  for (const listener of listeners) listener.close();
  return ports;
}

/** Copies the project as a clone has it, and puts the programs that the recipes name into `bin/`. */
async function prepare(folder: TestFolder): Promise<void> {
  for (const file of await listFiles(ROOT)) {
    if (file.startsWith("tests/")) continue;
    await mkdir(dirname(folder.at(`project/${file}`)), { recursive: true });
    await copyFile(join(ROOT, file), folder.at(`project/${file}`));
  }
  await mkdir(folder.at("bin"));
  await symlink(process.execPath, folder.at("bin/deno"));
  // A window can't be opened here, and 127.0.0.1 stands for a host that browsers don't go past a proxy for.
  const chromium = pathOf("chromium");
  const flags =
    '--headless --no-sandbox --dump-dom --proxy-bypass-list="<-loopback>;*.com;*.org" ' +
    '--host-resolver-rules="MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"';
  await writeFile(folder.at("bin/chromium"), `#!/bin/sh\nexec ${chromium} ${flags} "$@"\n`);
  await chmod(folder.at("bin/chromium"), 0o755);
}

/** Where Deno keeps what it has fetched: a home that is empty would have it fetched again. */
async function denoDir(): Promise<string> {
  const home = process.env["HOME"] ?? "";
  const env = { DENO_DIR: process.env["DENO_DIR"] ?? "" };
  const options = env.DENO_DIR === "" ? { home } : { home, env };
  return JSON.parse(await mustRunClean(process.execPath, ["info", "--json"], options)).denoDir;
}

test("docs/recipes.md has no block that is not run", async () => {
  const { blocks, fences } = await readRecipes();
  assertEquals([...blocks.keys()].sort(), Object.keys(RECIPES).sort());
  assertEquals(fences, blocks.size);
});

for (const [name, recipe] of Object.entries(RECIPES)) {
  testWith(
    ["bash", ...recipe.needs],
    `docs/recipes.md: ${name} works as it is written`,
    async () => {
      let block = (await readRecipes()).blocks.get(name)!;
      await using folder = await makeFolder({ "home/.keep": "", "stand_in/.keep": "" });
      await prepare(folder);
      await using served = await recipe.standIn?.({
        ...folder,
        path: folder.at("stand_in"),
        at: (path) => folder.at(`stand_in/${path}`),
      });
      if (recipe.host !== undefined) {
        block = block.replaceAll(recipe.host, formatAddress(served!.addr));
      }
      if (recipe.port !== undefined) {
        block = block.replaceAll(recipe.port, String(served!.addr.port));
      }
      const ports = await freePorts(PORTS.length);
      PORTS.forEach((port, i) => block = block.replaceAll(port, String(ports[i])));
      const stdout = await mustRunClean("bash", ["-euo", "pipefail", "-c", block], {
        home: folder.at("home"),
        cwd: folder.at("project"),
        env: {
          PATH: `${folder.at("bin")}:${process.env["PATH"]}`,
          DENO_DIR: await denoDir(),
          NO_COLOR: "1",
          ...served?.env,
        },
      });
      assertMatch(stdout, recipe.prints);
      for (const target of recipe.once ?? []) {
        assertEquals(
          served!.seen!.filter((request) => request.target === target).length,
          1,
          target,
        );
      }
    },
  );
}
