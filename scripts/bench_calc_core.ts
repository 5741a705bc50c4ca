/**
 * How many requests a second one process can calculate without sockets: decode, evaluate with steps, encode.
 *
 * The request is the first of the original's example expressions. The yardstick run beside it is `JSON.parse` and
 * `JSON.stringify` of the same tree and the same answer.
 *
 * Run: `deno run scripts/bench_calc_core.ts`
 *
 * @module
 */

import { CalcDecoder, CalcEncoder, evaluate, parse, readExpression } from "../calc/mod.ts";

const SECONDS = 2;
const EXAMPLE = "(sin(max(2, 3 * 4, 5, 6 * ((7 * 8) / 9), 10 / 11)) / 12) * 13";

function main(): void {
  const encoder = new CalcEncoder();
  const request = encoder.request(parse(EXAMPLE), { unixTime: 0 }).slice();
  const decoder = new CalcDecoder();
  const packet = decoder.create();
  let answer: Uint8Array = new Uint8Array(0);
  const core = rate(() => {
    decoder.decode(packet, request, 0, request.length, false);
    const expression = readExpression(request, packet.dataStart, packet.end);
    answer = encoder.result(evaluate(expression, { steps: packet.header.steps }), { unixTime: 0 });
  });

  const tree = JSON.stringify(
    parse(EXAMPLE),
    (_, value) => typeof value === "bigint" ? Number(value) : value,
  );
  const result = evaluate(parse(EXAMPLE));
  let sink = 0;
  const json = rate(() => {
    sink += JSON.parse(tree).size + JSON.stringify(result).length;
  });

  print(`decode + evaluate with steps + encode: ${Math.round(core)} a second`);
  print(`request ${request.length} bytes, answer ${answer.length} bytes`);
  print(`JSON.parse + JSON.stringify of the same: ${Math.round(json)} a second (${sink > 0})`);
  print(`ratio: ${(core / json).toFixed(2)}`);
}

function rate(run: () => void): number {
  for (let i = 0; i < 2000; i++) run();
  const end = performance.now() + SECONDS * 1000;
  const started = performance.now();
  let count = 0;
  while (performance.now() < end) {
    for (let i = 0; i < 200; i++) run();
    count += 200;
  }
  return count / ((performance.now() - started) / 1000);
}

function print(line: string): void {
  // deno-lint-ignore no-console
  console.log(line);
}

main();
