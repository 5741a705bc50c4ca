/**
 * Stand-ins for the servers that package managers fetch from: each holds one package made on the spot, says of it to
 * caches what the real ones say, and keeps a list of what it was asked for.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { latin1 } from "../../http/message/bytes.ts";
import { ok, ScriptedOrigin } from "../http/origin.ts";
import { mustRunClean } from "../support/clean_run.ts";

/** What is served under a path, for a client that knows the server as `host`. */
interface Content {
  readonly body: Uint8Array | string;
  readonly type: string;
  readonly cacheControl: string;
}

type Contents = Readonly<Record<string, (host: string) => Content>>;

const IMMUTABLE = "public, max-age=31536000, immutable";

function startStandIn(contents: Contents): Promise<ScriptedOrigin> {
  return ScriptedOrigin.start(async (request, reply) => {
    const content = contents[request.target]?.(request.get("host")!);
    if (content === undefined || !["GET", "HEAD"].includes(request.method)) {
      await request.body();
      return await reply("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    }
    const { body, type, cacheControl } = content;
    const text = typeof body === "string" ? body : latin1(body, 0, body.length);
    const fields = [`Content-Type: ${type}`, `Cache-Control: ${cacheControl}`];
    await reply(ok(text, ...fields, `ETag: "${createHash("md5").update(text).digest("hex")}"`));
  });
}

/**
 * An npm registry with the package `hello`, which needs the package `world`.
 *
 * @param ownName What it calls itself in the URLs of packages; what it was asked by when left out.
 */
export function startNpmRegistry(ownName?: string): Promise<ScriptedOrigin> {
  const contents: Record<string, (host: string) => Content> = {};
  const packages = { hello: { world: "^1.0.0" }, world: {} };
  for (const [name, dependencies] of Object.entries(packages)) {
    const manifest = { name, version: "1.0.0", main: "index.js", dependencies };
    const tarball = gzipSync(makeTar({
      "package/package.json": JSON.stringify(manifest),
      "package/index.js": `module.exports = ${JSON.stringify(name)};\n`,
    }));
    const path = `/${name}/-/${name}-1.0.0.tgz`;
    const integrity = `sha512-${createHash("sha512").update(tarball).digest("base64")}`;
    contents[path] = () => ({
      body: tarball,
      type: "application/octet-stream",
      cacheControl: IMMUTABLE,
    });
    contents[`/${name}`] = (host) => ({
      body: JSON.stringify({
        name,
        "dist-tags": { latest: "1.0.0" },
        versions: {
          "1.0.0": {
            ...manifest,
            dist: { tarball: `http://${ownName ?? host}${path}`, integrity },
          },
        },
      }),
      type: "application/json",
      cacheControl: "public, max-age=300",
    });
  }
  return startStandIn(contents);
}

/** A Python package index with the wheel `hello`, made below `folder`. */
export async function startPythonIndex(folder: string): Promise<ScriptedOrigin> {
  const file = "hello-1.0-py3-none-any.whl";
  await mustRunClean("python3", ["-c", WHEEL, file], { home: folder });
  const wheel = await readFile(join(folder, file));
  const digest = createHash("sha256").update(wheel).digest("hex");
  return await startStandIn({
    "/simple/hello/": () => ({
      body: `<!doctype html><a href="../../packages/${file}#sha256=${digest}">${file}</a>\n`,
      type: "text/html",
      cacheControl: "max-age=600, public",
    }),
    [`/packages/${file}`]: () => ({
      body: wheel,
      type: "application/octet-stream",
      cacheControl: IMMUTABLE,
    }),
  });
}

const WHEEL = `
import sys, zipfile
info = "hello-1.0.dist-info/"
files = {
    "hello.py": "greeting = 'hello'\\n",
    info + "METADATA": "Metadata-Version: 2.1\\nName: hello\\nVersion: 1.0\\n",
    info + "WHEEL": "Wheel-Version: 1.0\\nGenerator: tests\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
}
files[info + "RECORD"] = "".join(name + ",,\\n" for name in [*files, info + "RECORD"])
with zipfile.ZipFile(sys.argv[1], "w") as wheel:
    for name, text in files.items():
        wheel.writestr(name, text)
`;

/** A repository of Debian packages with `hello`, made below `folder`. */
export async function startDebianRepository(folder: string): Promise<ScriptedOrigin> {
  const control = "Package: hello\nVersion: 1.0\nArchitecture: all\n" +
    "Maintainer: Nobody <nobody@a.example>\nDescription: greets\n";
  await mkdir(join(folder, "hello/DEBIAN"), { recursive: true });
  await writeFile(join(folder, "hello/DEBIAN/control"), control);
  await writeFile(join(folder, "hello/greeting"), "hello\n");
  await mustRunClean("dpkg-deb", ["--root-owner-group", "--build", "hello", "hello.deb"], {
    home: folder,
  });
  const deb = await readFile(join(folder, "hello.deb"));
  const packages = `${control}Filename: pool/hello.deb\nSize: ${deb.length}\nSHA256: ${
    createHash("sha256").update(deb).digest("hex")
  }\n`;
  const listed = `${createHash("sha256").update(packages).digest("hex")} ${packages.length}`;
  const release = `Date: ${new Date().toUTCString().replace("GMT", "UTC")}\n` +
    `Codename: stable\nArchitectures: amd64\nComponents: main\n` +
    `SHA256:\n ${listed} main/binary-amd64/Packages\n`;
  const list = (body: string) => () => ({
    body,
    type: "text/plain",
    cacheControl: "public, max-age=120",
  });
  return await startStandIn({
    "/debian/dists/stable/Release": list(release),
    "/debian/dists/stable/main/binary-amd64/Packages": list(packages),
    "/debian/pool/hello.deb": () => ({
      body: deb,
      type: "application/vnd.debian.binary-package",
      cacheControl: "public, max-age=2592000",
    }),
  });
}

/** Settings for apt-get, by which it keeps all that it has below `root` and knows one repository. */
export async function writeAptConfig(root: string, repository: string): Promise<string> {
  for (const folder of ["etc", "state/lists/partial", "cache/archives/partial"]) {
    await mkdir(join(root, folder), { recursive: true });
  }
  await writeFile(join(root, "etc/sources.list"), `deb [trusted=yes] ${repository} stable main\n`);
  await writeFile(join(root, "status"), "");
  const path = join(root, "apt.conf");
  const settings = {
    "Dir::Etc": join(root, "etc"),
    "Dir::State": join(root, "state"),
    "Dir::State::status": join(root, "status"),
    "Dir::Cache": join(root, "cache"),
    // Where it would drop its rights, it could not write here.
    "APT::Sandbox::User": "root",
    "Acquire::Languages": "none",
    "APT::Architecture": "amd64",
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} "${value}";\n`);
  await writeFile(path, lines.join(""));
  return path;
}

/** The simplest of tar files. */
function makeTar(files: Readonly<Record<string, string>>): Uint8Array {
  const blocks: Uint8Array[] = [];
  for (const [name, text] of Object.entries(files)) {
    const content = new TextEncoder().encode(text);
    const header = new Uint8Array(512);
    const write = (at: number, value: string) => header.set(new TextEncoder().encode(value), at);
    const octal = (value: number, digits: number) => value.toString(8).padStart(digits, "0");
    write(0, name);
    write(100, "0000644\0" + "0000000\0".repeat(2));
    write(124, `${octal(content.length, 11)} ${octal(0, 11)} `);
    write(148, " ".repeat(8) + "0");
    write(257, "ustar\x0000");
    write(148, `${octal(header.reduce((sum, byte) => sum + byte, 0), 6)}\0 `);
    const padded = new Uint8Array(Math.ceil(content.length / 512) * 512);
    padded.set(content);
    blocks.push(header, padded);
  }
  blocks.push(new Uint8Array(1024));
  const tar = new Uint8Array(blocks.reduce((sum, block) => sum + block.length, 0));
  let at = 0;
  for (const block of blocks) {
    tar.set(block, at);
    at += block.length;
  }
  return tar;
}
