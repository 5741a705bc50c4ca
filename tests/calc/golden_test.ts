import { assertEquals } from "../asserts.ts";
import { test } from "../harness.ts";
import { CalcEncoder } from "../../calc/encoder.ts";
import { CalcError, proxyException, refusedException, unpackException } from "../../calc/errors.ts";
import { evaluate } from "../../calc/evaluate.ts";
import { binary, call, Constant, type Expression } from "../../calc/expression.ts";
import { FrameSyntaxError } from "../../net/errors.ts";
import { ADD, NAMED_FUNCTIONS } from "../../calc/operators.ts";
import { CalcDecoder, type CalcPacket } from "../../calc/packet.ts";
import { parse } from "../../calc/parse.ts";
import { readAnswer, readExpression } from "../../calc/pickle_reader.ts";
import { golden, toHex } from "./fixtures.ts";

const UNIX_TIME = 0x638f6081;
const EX2 = "max(2, 3) + 3";
const EX3 = "3 + ((4 * 2) / ((1 - 5) ** (2 ** 3)))";

/** Name, text of the expression, and how it is asked for. */
const EXCHANGES: [string, string, { steps?: boolean; cacheControl?: number }?][] = [
  ["ex1", "(sin(max(2, 3 * 4, 5, 6 * ((7 * 8) / 9), 10 / 11)) / 12) * 13"],
  ["ex2", EX2],
  ["ex2.nosteps", EX2, { steps: false }],
  ["ex2.reload", EX2, { cacheControl: 0 }],
  ["ex2.cc60", EX2, { cacheControl: 60 }],
  ["ex3", EX3],
  ["ex3.nosteps", EX3, { steps: false }],
  ["ex4", "((1 + 2) ** (3 * 4)) / (5 * 6)"],
  ["ex5", "--((1 + (2 + 3)) ** -(4 + 5))"],
  ["ex6", "max(2, 3 * 4, log(E), 6 * 7, 9 / 8)"],
  ["err.divzero", "1 / (2 - 2)"],
  ["const", "7"],
  ["const.float", "2.5"],
  ["named.pi", "pi"],
  ["un.neg", "-5"],
  ["bin.div", "7 / 2"],
  [
    "fn.all",
    "cos(0) + tan(0) + sqrt(16) + log(8, 2) + pow(2, 10) + min(3, 1)",
  ],
];

function decode(bytes: Uint8Array): CalcPacket {
  const decoder = new CalcDecoder();
  const packet = decoder.create();
  assertEquals(decoder.decode(packet, bytes, 0, bytes.length, false), bytes.length);
  assertEquals(packet.lengthIsRight, true);
  return packet;
}

function expressionOf(bytes: Uint8Array): Expression {
  const packet = decode(bytes);
  return readExpression(bytes, packet.dataStart, packet.end);
}

/** Answers a request as a server does. */
function answer(bytes: Uint8Array): Uint8Array {
  const encoder = new CalcEncoder();
  const packet = decode(bytes);
  try {
    const expression = readExpression(bytes, packet.dataStart, packet.end);
    return encoder.result(evaluate(expression, { steps: packet.header.steps }), {
      unixTime: UNIX_TIME,
    });
  } catch (error) {
    if (!(error instanceof CalcError)) throw error;
    return encoder.error(error.exception, error.status, { unixTime: UNIX_TIME });
  }
}

for (const [name, text, options] of EXCHANGES) {
  test(`CalcEncoder.request gives the original's bytes: ${name}`, async () => {
    const request = new CalcEncoder().request(parse(text), { unixTime: UNIX_TIME, ...options });
    assertEquals(toHex(request), toHex(await golden(`${name}.req`)));
  });
}

test("CalcEncoder.request gives the original's bytes for what only builders can say", async () => {
  const encoder = new CalcEncoder();
  const options = { unixTime: UNIX_TIME };
  const sqrt = NAMED_FUNCTIONS.get("sqrt")!;
  for (
    const [name, expression] of [
      ["const.neg", new Constant(-7n)],
      ["err.sqrtneg", call(sqrt, -1n)],
      ["down.miss", binary(ADD, 1n, 99n)],
    ] as const
  ) {
    const request = encoder.request(expression, options);
    assertEquals(toHex(request), toHex(await golden(`${name}.req`)), name);
  }
});

for (const name of [...EXCHANGES.map(([name]) => name), "const.neg", "err.sqrtneg"]) {
  test(`readExpression, evaluate and CalcEncoder give the original's answer: ${name}`, async () => {
    const request = await golden(`${name}.req`);
    assertEquals(toHex(answer(request)), toHex(await golden(`${name}.res`)));
    // What was read is what was sent: written again, it is the same.
    const { header } = decode(request);
    const again = new CalcEncoder().request(expressionOf(request), header);
    assertEquals(toHex(again), toHex(request));
  });
}

test("readExpression reads the enums of Python 3.11.0 to 3.11.3", async () => {
  for (
    const [request, response] of [
      ["wild/wild-584-req-1", "wild/wild-222-res-2"],
      ["wild/wild-706-req-3", "wild/wild-564-res-4"],
      ["wild/wild-395-req-5", "wild/wild-60-res-6"],
    ]
  ) {
    const bytes = answer(await golden(request));
    assertEquals(toHex(bytes.subarray(4)), toHex((await golden(response)).subarray(4)));
  }
});

test("readAnswer reads back every answer of the original, and CalcEncoder writes it again", async () => {
  const names = EXCHANGES.map(([name]) => `${name}.res`);
  names.push("const.neg.res", "err.sqrtneg.res", "raw.short.server.res", "wild/wild-222-res-2");
  for (const name of names) {
    const bytes = await golden(name);
    const { header, dataStart, end } = decode(bytes);
    const read = readAnswer(bytes, dataStart, end);
    const again = read.kind === "result"
      ? new CalcEncoder().result(read, header)
      : new CalcEncoder().error(read.exception, header.status === 500 ? 500 : 400, header);
    assertEquals(toHex(again), toHex(bytes), name);
  }
});

test("CalcDecoder refuses fewer than 12 bytes in the words that the original answers", async () => {
  const bytes = await golden("raw.short.server.req");
  const decoder = new CalcDecoder();
  let reason = "";
  try {
    decoder.decode(decoder.create(), bytes, 0, bytes.length, true);
  } catch (error) {
    if (!(error instanceof FrameSyntaxError)) throw error;
    reason = error.message;
  }
  const reply = new CalcEncoder().error(unpackException(reason), 500, { unixTime: UNIX_TIME });
  assertEquals(toHex(reply), toHex(await golden("raw.short.server.res")));
});

test("proxyException is what the original's proxy answers when the server is away", async () => {
  const reply = new CalcEncoder().error(proxyException(refusedException()), 500, {
    unixTime: UNIX_TIME,
    cacheControl: 0,
  });
  assertEquals(toHex(reply), toHex(await golden("down.miss.res")));
  const wild = await golden("wild/wild-170-res-7");
  assertEquals(toHex(reply.subarray(4)), toHex(wild.subarray(4)));
  const read = readAnswer(wild, 12, wild.length);
  assertEquals(
    read.kind === "error" && read.exception.toString(),
    "('Internal proxy error', CalculatorServerError('Connection refused by server and the " +
      "request was not in the cache/it was stale'))",
  );
});
