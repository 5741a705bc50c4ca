import { assertEquals, assertMatch, assertStringIncludes } from "../asserts.ts";
import { testWith } from "../harness.ts";
import { runModule } from "../programs.ts";
import { startFileServer } from "../../http/server/file_server.ts";
import { type HttpProxyOptions, startHttpProxy } from "../../http/proxy/proxy.ts";
import { formatAddress } from "../../net/address.ts";
import { Observer } from "../../observe/observer.ts";
import { makeFolder } from "../http/files.ts";
import { ok, ScriptedOrigin } from "../http/origin.ts";
import { pathOf } from "../support/installed.ts";
import { startTlsOrigin } from "../support/tls_origin.ts";
import { startWebSocketEcho } from "./web_socket_echo.ts";
import type { Tour, Visit } from "./programs/browse.ts";

const NEEDS = ["chromium"];

const SITE = {
  "index.html": `<!doctype html>
<title>A page</title>
<link rel="stylesheet" href="style.css">
<link rel="icon" href="data:,">
<p id="text">nothing yet</p>
<img id="image" src="image.svg?size=[4]|{5}" alt="">
<script src="script.js"></script>
`,
  "style.css": "#text { color: rgb(1, 2, 3) }\n",
  "script.js": 'document.getElementById("text").textContent = "written by the script";\n',
  "image.svg": '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="50"></svg>\n',
};

/** What a page of the site comes to where all parts of it have arrived. */
const LOOK = `[
  document.getElementById("text").textContent,
  getComputedStyle(document.getElementById("text")).color,
  document.getElementById("image").naturalHeight,
]`;
const SEEN = ["written by the script", "rgb(1, 2, 3)", 50];

/** A proxy, and a browser that uses it. */
async function stage(options: HttpProxyOptions = {}) {
  const home = await makeFolder({});
  const observer = new Observer();
  const asked: string[] = [];
  observer.message = ({ type, text }) => {
    if (type === "message.received" && / HTTP\/1\.1$/.test(text)) asked.push(text);
  };
  const proxy = await startHttpProxy({
    ...options,
    port: 0,
    // Whatever a browser wants by itself: it is not let out of this machine.
    allowHosts: ["127.0.0.1"],
    observer,
  });
  return {
    /** The request lines that the proxy was sent. */
    asked,
    async visit(...pages: Tour["pages"]): Promise<Visit[]> {
      const tour: Tour = {
        executablePath: pathOf("chromium")!,
        proxy: formatAddress(proxy.addr),
        home: home.path,
        pages,
      };
      const module = new URL("./programs/browse", import.meta.url);
      const { code, stdout, stderr } = await runModule(module, { args: [JSON.stringify(tour)] });
      if (code !== 0) throw new Error(`The browser ended with ${code}: ${stderr}`);
      return stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
    },
    async [Symbol.asyncDispose]() {
      await proxy[Symbol.asyncDispose]();
      await home[Symbol.asyncDispose]();
    },
  };
}

testWith(NEEDS, "Chromium shows a page through the proxy, and again out of its cache", async () => {
  await using folder = await makeFolder(SITE);
  await using server = await startFileServer({
    root: folder.path,
    port: 0,
    cacheControl: [["**", "max-age=600"]],
  });
  await using at = await stage();
  const url = `http://${formatAddress(server.addr)}/`;
  const visits = await at.visit([url, LOOK], [url, LOOK]);
  const verdicts = [/^halfway; fwd=uri-miss; stored$/, /^halfway; hit; ttl=\d+$/];
  for (const [i, { result, said }] of visits.entries()) {
    assertEquals(result, SEEN);
    assertEquals(Object.keys(said).sort(), ["/", "/image.svg", "/script.js", "/style.css"]);
    for (const [path, text] of Object.entries(said)) assertMatch(text, verdicts[i], path);
  }
  // What a browser asks for by itself has gone past the proxy.
  for (const line of at.asked) assertStringIncludes(line, ` ${url}`);
  assertEquals([visits.length, at.asked.length], [2, 8]);
});

testWith(NEEDS, "Chromium's way to write a URL reaches the origin as a URI", async () => {
  await using origin = await ScriptedOrigin.start((_, reply) =>
    reply(ok("hello", "Cache-Control: max-age=60", "Content-Type: text/plain"))
  );
  await using at = await stage();
  const base = `http://${formatAddress(origin.addr)}`;
  const typed = "/a|b{c}[d]^`100%?q=|{}^`[]\\100%&\"<>'\u00e4 b#part";
  const uri =
    "/a%7Cb%7Bc%7D%5Bd%5D%5E%60100%25?q=%7C%7B%7D%5E%60%5B%5D%5C100%25&%22%3C%3E%27%C3%A4%20b";
  const text = "document.body.textContent";
  const visits = await at.visit([base + typed, text], [base + uri, text]);
  assertEquals(visits.map(({ result }) => result), ["hello", "hello"]);
  assertMatch(Object.values(visits[1].said)[0], /^halfway; hit/);
  assertEquals(origin.seen[0].target, uri);
  // The request line that the proxy was sent holds what no URI does.
  assertStringIncludes(at.asked[0], "[d]%5E%60100%?q=|{}^`[]\\100%&%22%3C%3E%27%C3%A4%20b HTTP");
});

testWith([...NEEDS, "openssl"], "Chromium opens a page by TLS through CONNECT", async () => {
  await using folder = await makeFolder({});
  await using origin = await startTlsOrigin(folder.path, (request, response) => {
    response.setHeader("Content-Type", "text/html");
    response.end(request.url === "/script.js" ? SITE["script.js"] : SITE["index.html"]);
  });
  const { port } = origin.addr;
  await using at = await stage({ connectPorts: [port] });
  const [visit] = await at.visit([
    `https://127.0.0.1:${port}/`,
    'document.getElementById("text").textContent',
  ]);
  assertEquals(visit.result, "written by the script");
  assertEquals([...new Set(at.asked)], [`CONNECT 127.0.0.1:${port} HTTP/1.1`]);
});

testWith(NEEDS, "Chromium talks over a WebSocket through CONNECT", async () => {
  await using folder = await makeFolder(SITE);
  await using server = await startFileServer({ root: folder.path, port: 0 });
  await using echo = await startWebSocketEcho();
  await using at = await stage({ connectPorts: [echo.addr.port] });
  const talk = `new Promise((resolve, reject) => {
    const heard = [];
    const socket = new WebSocket("ws://${formatAddress(echo.addr)}/");
    socket.onopen = () => socket.send("one");
    socket.onmessage = ({ data }) => {
      heard.push(data);
      if (heard.length < 3) socket.send(data + "!");
      else socket.close();
    };
    socket.onclose = () => resolve(heard);
    socket.onerror = () => reject(new Error("the socket failed"));
  })`;
  const [{ result }] = await at.visit([`http://${formatAddress(server.addr)}/`, talk]);
  assertEquals(result, ["one", "one!", "one!!"]);
  assertStringIncludes(at.asked.join("\n"), `CONNECT ${formatAddress(echo.addr)} HTTP/1.1`);
});
