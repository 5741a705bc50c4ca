import { assert, assertEquals, assertStringIncludes } from "../../asserts.ts";
import { test } from "../../harness.ts";
import { contentTypeOf } from "../../../http/server/content_types.ts";
import { directoryPage } from "../../../http/server/directory_page.ts";

test("directoryPage makes names text, and links segments of a relative reference", () => {
  const cases: [name: string, link: string, text: string][] = [
    ["a b", "./a%20b", "a b"],
    ["<script>", "./%3Cscript%3E", "&lt;script&gt;"],
    ["\"'&", "./%22&#39;%26", "&quot;&#39;&amp;"],
    ["javascript:x", "./javascript%3Ax", "javascript:x"],
    ["?q#f", "./%3Fq%23f", "?q#f"],
    ["é%", "./%C3%A9%25", "é%"],
  ];
  for (const [name, link, text] of cases) {
    const page = directoryPage([], [{ name, isDirectory: false }], false);
    assertStringIncludes(page, `<li><a href="${link}">${text}</a></li>`);
  }
});

test("directoryPage leads up from below the root only, marks directories, and tells when it is cut", () => {
  const root = directoryPage([], [{ name: "d", isDirectory: true }], false);
  assert(!root.includes("../") && !root.includes("…"));
  assertStringIncludes(root, '<a href="./d/">d/</a>');
  const below = directoryPage(["a", "<b>"], [], true);
  assertStringIncludes(below, '<li><a href="../">../</a></li>');
  assertStringIncludes(below, "<title>/a/&lt;b&gt;/</title>");
  assertStringIncludes(below, "<li>…</li>");
});

test("directoryPage leaves out a name that no URI can hold", () => {
  assert(!directoryPage([], [{ name: "\ud800", isDirectory: false }], false).includes("<li>"));
});

test("contentTypeOf goes by the last extension, letter case aside", () => {
  const cases: [name: string, type: string][] = [
    ["1.txt", "text/plain; charset=utf-8"],
    ["A.HTML", "text/html; charset=utf-8"],
    ["a.tar.gz", "application/gzip"],
    ["photo.jpeg", "image/jpeg"],
    ["no-extension", "application/octet-stream"],
    ["odd.constructor", "application/octet-stream"],
    ["end.", "application/octet-stream"],
  ];
  for (const [name, type] of cases) assertEquals(contentTypeOf(name), type, name);
});
