import fc from "fast-check";
import { assertEquals } from "../asserts.ts";
import { test } from "../harness.ts";
import { byteByByte, cutAt, decodeChunks } from "../support/replies.ts";
import { bytesOf } from "../support/wire.ts";
import type { Decoder } from "../../net/decoder.ts";
import { Kind, Op, OP_NAMES, type TableMessage } from "../../table/message.ts";
import { BareReplyDecoder, ColonReplyDecoder, ReplyDecoder } from "../../table/reply_decoder.ts";

/** The replies in `chunks`, in short. */
function read(
  decoder: Decoder<TableMessage>,
  chunks: readonly Uint8Array[],
  quietAtEnd: boolean,
): string[] {
  const found: string[] = [];
  decodeChunks(decoder, chunks, quietAtEnd, (message) => {
    if (message.kind !== Kind.MESSAGE) return;
    const { op, code, indices, values, faultCode } = message;
    found.push(
      faultCode !== 0
        ? `fault ${faultCode}`
        : `${OP_NAMES[op]} ${code} [${[...indices]}] [${[...values]}] ${message.text}`.trim(),
    );
  });
  return found;
}

function check(
  create: () => Decoder<TableMessage>,
  cases: readonly (readonly [text: string, replies: string[], quiet?: string[]])[],
): void {
  for (const [text, replies, quiet = replies] of cases) {
    const bytes = bytesOf(text);
    for (const [atEnd, expected] of [[false, replies], [true, quiet]] as const) {
      const what = `${JSON.stringify(text)}${atEnd ? " and quiet" : ""}`;
      assertEquals(read(create(), [bytes], atEnd), expected, what);
      assertEquals(read(create(), byteByByte(bytes), atEnd), expected, `${what}, byte by byte`);
    }
  }
}

test("ReplyDecoder reads answers and errors, with and without their last ;", () => {
  check(() => new ReplyDecoder(), [
    ["OP=GET;IND=1,3;DATA=1,-3;\n", ["GET 0 [1,3] [1,-3]"]],
    ["OP=GET;IND=1;DATA=1;", ["GET 0 [1] [1]"]],
    ["OP=GET;IND=1;DATA=12", [], ["GET 0 [1] [12]"]],
    ["OP=GET;IND=1;DATA=12\n", ["GET 0 [1] [12]"]],
    ["OP=ADD;IND=1,3;DATA=15;\n", ["ADD 0 [1,3] [15]"]],
    ["OP=CLR;\n", ["CLR 0 [] []"]],
    ["OP=CLR;", [], ["CLR 0 [] []"]],
    ["OP=CLR", [], ["CLR 0 [] []"]],
    ["OP=CLR;OP=CLR;\n", ["CLR 0 [] []", "CLR 0 [] []"]],
    ["OP=INF;IND=;DATA=;\n", ["INF 0 [] []"]],
    ["OP=GET;IND=12;CODE=416;MSG=index 12 is out;\n", ["GET 416 [12] [] index 12 is out"]],
    ["OP=GET;IND=12;CODE=416\n", ["GET 416 [12] []"]],
    ["OP=GET;IND=12;CODE=416", [], ["GET 416 [12] []"]],
    ["CODE=404\n", ["ERR 404 [] []"]],
    ["OP=ERR;CODE=503;MSG=full;\n", ["ERR 503 [] [] full"]],
    ["OP=MUL;CODE=405;MSG=no\n", ["ERR 405 [] [] no"]],
    ["OP=MUL;CODE=405", [], ["ERR 405 [] []"]],
    ["OP=MUL;IND=1;DATA=4;\n", ["fault 405"]],
    ["OP=GET;IND=1;DATA=1;CODE=200;\nOP=CLR;CODE=200;\n", ["GET 0 [1] [1]", "CLR 0 [] []"]],
    ["CODE=200;OP=GET;IND=1;DATA=1;\n", ["GET 0 [1] [1]"]],
    ["OP=GET;IND=1;DATA=x;\n", ["fault 502"]],
    ["OP=GET;IND=1;DATA=9007199254740992;\n", ["fault 502"]],
    ["IND=1;DATA=1;\n", ["fault 502"]],
    ["HTTP/1.1 400 Bad Request\r\n", ["fault 400"]],
    ["OP=GET;IND=1;DATA=", [], []],
    ["OP=GET;IND=1", [], []],
    ["OP=GET;IND=1;CODE=4", [], ["GET 999 [1] []"]],
  ]);
});

test("ReplyDecoder does not take half a number for a whole one from a server that writes lines", () => {
  for (
    const [first, half] of [
      ["OP=GET;IND=1;DATA=1;\n", "OP=GET;IND=1;DATA=12"],
      ["OP=GET;IND=1;DATA=1;\n", "OP=CLR;"],
      ["OP=GET;IND=1;DATA=1\n", "OP=GET;IND=1;DATA=12"],
    ]
  ) {
    const decoder = new ReplyDecoder();
    assertEquals(read(decoder, [bytesOf(first)], true), ["GET 0 [1] [1]"]);
    assertEquals(read(decoder, byteByByte(bytesOf(half)), true), [], half);
  }
  const decoder = new ReplyDecoder();
  read(decoder, [bytesOf("OP=GET;IND=1;DATA=1;CODE=200")], true);
  assertEquals(read(decoder, [bytesOf("OP=CLR;")], true), ["CLR 0 [] []"]);
});

test("BareReplyDecoder ends a reply after the three digits of its CODE", () => {
  check(() => new BareReplyDecoder(), [
    ["OP=GET;IND=1,3;DATA=11,-12;CODE=200", ["GET 0 [1,3] [11,-12]"]],
    ["CODE=404", ["ERR 404 [] []"]],
    ["CODE=404;", ["ERR 404 [] []"]],
    ["CODE=500\n", ["ERR 500 [] []"]],
    ["OP=CLR;CODE=200", ["CLR 0 [] []"]],
    ["OP=CLR;CODE=200;\nCODE=404", ["CLR 0 [] []", "ERR 404 [] []"]],
    ["CODE=20", [], ["ERR 999 [] []"]],
    ["OP=GET;IND=1;DATA=5", [], ["GET 0 [1] [5]"]],
    ["OP=GET;IND=1;DATA=5\n", ["GET 0 [1] [5]"]],
    ["OP=CLR", [], ["CLR 0 [] []"]],
    ["OP=GET;IND=1", [], []],
    ["\r\n  ", [], []],
  ]);
});

test("BareReplyDecoder gives nonsense as nonsense at its CODE, without waiting for more", () => {
  check(() => new BareReplyDecoder(), [
    ["OP=GET;IND=1;DATA=x;CODE=200", ["fault 502"]],
    ["what;CODE=200", ["fault 400"]],
    ["DATA=1\n", ["fault 502"]],
  ]);
});

test("BareReplyDecoder waits for the CODE of a server that has sent one before", () => {
  const decoder = new BareReplyDecoder();
  assertEquals(read(decoder, [bytesOf("OP=GET;IND=1;DATA=5;CODE=200")], true), ["GET 0 [1] [5]"]);
  assertEquals(read(decoder, [bytesOf("OP=GET;IND=1;DATA=1")], true), []);
});

test("ColonReplyDecoder ends an integer when the server is quiet, and takes a dash for no value", () => {
  check(() => new ColonReplyDecoder(() => Op.GET), [
    ["7", [], ["GET 0 [] [7]"]],
    ["-7", [], ["GET 0 [] [-7]"]],
    ["0", [], ["GET 0 [] [0]"]],
    ["-", [], ["GET 404 [] []"]],
    ["7\n", ["GET 0 [] [7]"]],
    ["-12 ", ["GET 0 [] [-12]"]],
    ["-9007199254740991", [], ["GET 0 [] [-9007199254740991]"]],
    ["\r\n", [], []],
  ]);
  check(() => new ColonReplyDecoder(() => Op.CLR), [["-", ["CLR 0 [] []"]], ["-\n", [
    "CLR 0 [] []",
  ]]]);
  for (const text of ["x", "error", "9007199254740992 ", "1".repeat(30)]) {
    assertEquals(
      read(new ColonReplyDecoder(() => Op.GET), [bytesOf(text)], true)[0],
      "fault 502",
      text,
    );
  }
});

test("the reply decoders give the same replies whole, byte by byte and at random splits", () => {
  const piece = fc.constantFrom(
    "OP=GET",
    "OP=CLR",
    "IND=1",
    "DATA=1,2",
    "DATA=-3",
    "CODE=404",
    "CODE=200",
    "MSG=no",
    ";",
    ";",
    "\n",
    "=",
    "x",
    " ",
    "-",
    "7",
  );
  const text = fc.array(piece, { maxLength: 25 }).map((list) => list.join(""));
  const creators = [
    () => new ReplyDecoder(),
    () => new BareReplyDecoder(),
  ];
  fc.assert(
    fc.property(text, fc.array(fc.nat()), fc.boolean(), (text, places, quiet) => {
      const bytes = bytesOf(text);
      for (const create of creators) {
        const whole = read(create(), [bytes], quiet);
        assertEquals(read(create(), byteByByte(bytes), quiet), whole);
        assertEquals(read(create(), cutAt(bytes, places), quiet), whole);
      }
    }),
    { numRuns: 2000 },
  );
});
