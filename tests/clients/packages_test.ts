import { readFile, stat } from "node:fs/promises";
import { assertEquals, assertMatch } from "../asserts.ts";
import { testWith } from "../harness.ts";
import { startHttpProxy } from "../../http/proxy/proxy.ts";
import { formatAddress } from "../../net/address.ts";
import { Observer } from "../../observe/observer.ts";
import { makeFolder } from "../http/files.ts";
import { mustRunClean } from "../support/clean_run.ts";
import {
  startDebianRepository,
  startNpmRegistry,
  startPythonIndex,
  writeAptConfig,
} from "./stand_ins.ts";

/** An observer that lists what the cache said of each answer. */
function listing() {
  const observer = new Observer();
  const verdicts: string[] = [];
  observer.message = ({ type, text }) => {
    const verdict = /^\d+ [^·]* · halfway; (hit|fwd=.*)/.exec(text)?.[1];
    if (type === "message.sent" && verdict !== undefined) verdicts.push(verdict);
  };
  return { observer, take: () => verdicts.splice(0) };
}

testWith(
  ["npm"],
  "npm installs through a proxy in front of a registry, and again from its cache",
  async () => {
    await using registry = await startNpmRegistry();
    const { observer, take } = listing();
    await using proxy = await startHttpProxy({ port: 0, upstream: [registry.addr], observer });
    for (const isFirst of [true, false]) {
      await using home = await makeFolder({ "package.json": "{}" });
      await mustRunClean("npm", [
        ...["install", "hello", "--registry", `http://${formatAddress(proxy.addr)}/`],
        ...["--no-audit", "--no-fund", "--no-update-notifier"],
      ], { home: home.path });
      for (const name of ["hello", "world"]) {
        const text = await readFile(home.at(`node_modules/${name}/index.js`), "utf8");
        assertEquals(text, `module.exports = "${name}";\n`);
      }
      const verdicts = take();
      assertEquals(verdicts.length, 4, verdicts.join("\n"));
      const expected = isFirst ? /^fwd=uri-miss; stored$/ : /^hit/;
      for (const verdict of verdicts) assertMatch(verdict, expected);
    }
    assertEquals(registry.seen.map(({ target }) => target).sort(), [
      "/hello",
      "/hello/-/hello-1.0.0.tgz",
      "/world",
      "/world/-/world-1.0.0.tgz",
    ]);
  },
);

testWith(
  ["npm"],
  "npm comes back to the proxy from a registry that calls itself by a name of its own",
  async () => {
    // Nothing listens there.
    await using registry = await startNpmRegistry("127.0.0.1:1");
    await using proxy = await startHttpProxy({ port: 0, upstream: [registry.addr] });
    await using home = await makeFolder({ "package.json": "{}" });
    await mustRunClean("npm", ["install", "hello", "--no-audit", "--no-fund"], {
      home: home.path,
      env: {
        npm_config_registry: `http://${formatAddress(proxy.addr)}/`,
        npm_config_replace_registry_host: "always",
        npm_config_update_notifier: "false",
        npm_config_fetch_retries: "0",
      },
    });
    assertEquals(registry.seen.length, 4);
  },
);

testWith(
  ["python3", "pip3"],
  "pip downloads through a forward proxy, and again from its cache",
  async () => {
    await using folder = await makeFolder({});
    await using index = await startPythonIndex(folder.path);
    const { observer, take } = listing();
    await using proxy = await startHttpProxy({ port: 0, observer });
    for (const isFirst of [true, false]) {
      await using home = await makeFolder({});
      await mustRunClean("pip3", [
        ...["download", "--no-deps", "--disable-pip-version-check"],
        ...["--index-url", `http://${formatAddress(index.addr)}/simple`, "hello"],
      ], { home: home.path, env: { http_proxy: `http://${formatAddress(proxy.addr)}` } });
      const file = "hello-1.0-py3-none-any.whl";
      assertEquals(await readFile(home.at(file)), await readFile(folder.at(file)));
      const verdicts = take();
      assertEquals(verdicts.length, 2, verdicts.join("\n"));
      // pip asks for the index with max-age=0.
      assertMatch(verdicts[0], isFirst ? /^fwd=.*stored$/ : /^(hit|fwd=request)/);
      assertMatch(verdicts[1], isFirst ? /^fwd=.*stored$/ : /^hit/);
    }
    assertEquals(index.seen.filter(({ target }) => target.endsWith(".whl")).length, 1);
  },
);

testWith(
  ["apt-get", "dpkg-deb"],
  "apt-get downloads through a forward proxy, and again from its cache",
  async () => {
    await using folder = await makeFolder({});
    await using repository = await startDebianRepository(folder.path);
    const { observer, take } = listing();
    await using proxy = await startHttpProxy({ port: 0, observer });
    const through = ["-o", `Acquire::http::Proxy=http://${formatAddress(proxy.addr)}`];
    for (const isFirst of [true, false]) {
      await using home = await makeFolder({});
      const config = await writeAptConfig(
        home.path,
        `http://${formatAddress(repository.addr)}/debian`,
      );
      const options = { home: home.path, env: { APT_CONFIG: config } };
      await mustRunClean("apt-get", [...through, "update"], options);
      take();
      await mustRunClean("apt-get", [...through, "download", "hello"], options);
      assertEquals((await stat(home.at("hello_1.0_all.deb"))).size > 0, true);
      assertMatch(take().join(), isFirst ? /^fwd=uri-miss; stored$/ : /^hit/);
    }
    assertEquals(repository.seen.filter(({ target }) => target.endsWith(".deb")).length, 1);
  },
);
