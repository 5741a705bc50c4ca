import fc from "fast-check";
import { assert, assertEquals } from "../../asserts.ts";
import { test } from "../../harness.ts";
import { parseFilePath } from "../../../http/server/file_path.ts";
import { TRICKS } from "./traversal.ts";

test("parseFilePath takes a path apart and undoes percent-encoding once", () => {
  const cases: [path: string, segments: string[], isDirectory: boolean][] = [
    ["/", [], true],
    ["/1.txt", ["1.txt"], false],
    ["/a/b/", ["a", "b"], true],
    ["/a%20b", ["a b"], false],
    ["/%C3%A9", ["é"], false],
    ["/%2525", ["%25"], false],
    ["/%252e%252e", ["%2e%2e"], false],
    ["/...", ["..."], false],
    ["/..a", ["..a"], false],
    ["/a:b*c", ["a:b*c"], false],
  ];
  for (const [path, segments, isDirectory] of cases) {
    assertEquals(parseFilePath(path), { segments, isDirectory }, path);
  }
});

test("parseFilePath refuses what could lead elsewhere", () => {
  for (const trick of TRICKS) assertEquals(parseFilePath(trick), null, trick);
});

test("parseFilePath gives plain names only, whatever the path", () => {
  const piece = fc.constantFrom("/", ".", "..", "%2e", "%2f", "%5c", "%00", "%25", "a", "%c3%a9");
  fc.assert(fc.property(fc.array(piece), (pieces) => {
    const found = parseFilePath(`/${pieces.join("")}`);
    for (const name of found?.segments ?? []) {
      assert(name !== "" && name !== "." && name !== ".." && !/[/\\\0]/.test(name), name);
    }
  }));
});
