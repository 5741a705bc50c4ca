import { assert, assertEquals } from "../asserts.ts";
import { test } from "../harness.ts";
import { wholeLineTarget, wholePieces } from "../../cli/whole_lines.ts";

test("wholePieces parts text at line breaks, by its bytes", () => {
  assertEquals(wholePieces("", 8), []);
  assertEquals(wholePieces("ab\ncd\nef\n", 6), ["ab\ncd\n", "ef\n"]);
  assertEquals(wholePieces("äö\nü\n", 6), ["äö\n", "ü\n"]);
  assertEquals(wholePieces("a line that is too long\nb\n", 6), [
    "a line that is too long\n",
    "b\n",
  ]);
  const text = Array.from({ length: 500 }, (_, i) => `${"é".repeat(i)}\n`).join("");
  const pieces = wholePieces(text);
  assertEquals(pieces.join(""), text);
  assert(pieces.every((piece) => new TextEncoder().encode(piece).length <= 4096));
});

test("wholeLineTarget hands one piece at a time to the stream, and loses none at the end", () => {
  const written: string[] = [];
  const now: string[] = [];
  const dones: (() => void)[] = [];
  const target = wholeLineTarget((text) => now.push(text), {
    write: (text, done) => {
      written.push(text);
      dones.push(done);
    },
  });
  const line = `${"x".repeat(2999)}\n`;
  target.write(line + line + line);
  assertEquals([written.length, target.backlog()], [1, 6000]);
  dones.shift()!();
  assertEquals([written.length, target.backlog()], [2, 3000]);
  target.write("last\n");
  target.end!();
  assertEquals([now.join(""), target.backlog()], [`${line}last\n`, 0]);
  dones.shift()!();
  assertEquals(written.length, 2);
});
