import { assertEquals } from "../asserts.ts";
import { test } from "../harness.ts";
import { formatSize, Progress } from "../../cli/progress.ts";

test("Progress writes one line over and over, not too often, and takes it away", () => {
  let now = 0;
  const written: string[] = [];
  const progress = new Progress((text) => written.push(text), 2000, () => now);
  now = 1000;
  progress.update(500);
  now = 1050;
  progress.update(900);
  now = 2000;
  progress.update(2000);
  progress.end();
  progress.end();
  assertEquals(written, [
    `\r[${"#".repeat(7)}${"-".repeat(23)}]  25% of 2.0 kB 500 B/s`,
    `\r[${"#".repeat(30)}] 100% of 2.0 kB 1.0 kB/s`.padEnd(written[0].length),
    `\r${" ".repeat(written[1].length - 1)}\r`,
  ]);
});

test("Progress shows bytes alone where nobody knows how many there will be", () => {
  const written: string[] = [];
  const progress = new Progress((text) => written.push(text), null, () => 0);
  progress.update(1_500_000);
  assertEquals(written, ["\r1.5 MB"]);
});

test("formatSize keeps to three figures or so", () => {
  const cases: [bytes: number, text: string][] = [
    [0, "0 B"],
    [999.4, "999 B"],
    [1000, "1.0 kB"],
    [64 * 1024 * 1024, "67.1 MB"],
    [5e15, "5000.0 TB"],
  ];
  for (const [bytes, text] of cases) assertEquals(formatSize(bytes), text);
});
