/**
 * Visits pages with Chromium, which has no window and uses a proxy for everything, this machine's own addresses
 * included. Takes a {@linkcode Tour} as JSON, and prints a {@linkcode Visit} as JSON for each page. It is a program of
 * its own because what drives the browser asks for all permissions.
 *
 * @module
 */

import { chromium } from "playwright-core";
import process from "node:process";

/** What is visited. */
export interface Tour {
  /** Where Chromium is. */
  readonly executablePath: string;
  /** The proxy, as `host:port`. */
  readonly proxy: string;
  /** The home of the browser, where it may keep what it likes. */
  readonly home: string;
  /** Pages, each visited with a cache of its own that is empty, and an expression that is worked out there. */
  readonly pages: readonly (readonly [url: string, expression: string])[];
}

/** What was seen of a page. */
export interface Visit {
  /** What the expression came to. */
  readonly result: unknown;
  /** Cache-Status of each response, by the path. */
  readonly said: Readonly<Record<string, string>>;
}

/** What Chromium asks for by itself goes past the proxy, where no name is found: nothing leaves this machine. */
const OWN_REQUESTS = ["com", "org", "net", "dev", "app"].map((domain) => `*.${domain}`);

/** The browser is ended after so long. */
const BOUND_MS = 90_000;

const { executablePath, proxy, home, pages }: Tour = JSON.parse(process.argv[2]);
// What a page promises may never come. On its way out the driver ends the browser.
setTimeout(() => {
  process.stderr.write(`Visited the pages in vain for ${BOUND_MS} ms\n`);
  process.exit(1);
}, BOUND_MS).unref();
const browser = await chromium.launch({
  executablePath,
  env: { PATH: process.env["PATH"] ?? "", HOME: home, TMPDIR: home },
  args: [
    // Root has no sandbox; what is loaded here is our own.
    "--no-sandbox",
    `--proxy-server=${proxy}`,
    `--proxy-bypass-list=${["<-loopback>", ...OWN_REQUESTS].join(";")}`,
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
  ],
});
try {
  for (const [url, expression] of pages) {
    const context = await browser.newContext({ ignoreHTTPSErrors: true });
    const page = await context.newPage();
    const said: Record<string, string> = {};
    page.on("response", (response) => {
      said[new URL(response.url()).pathname] = response.headers()["cache-status"] ?? "";
    });
    await page.goto(url);
    const visit: Visit = { result: await page.evaluate(expression), said };
    process.stdout.write(`${JSON.stringify(visit)}\n`);
    await context.close();
  }
} finally {
  await browser.close();
}
