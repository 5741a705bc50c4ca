import fc from "fast-check";
import { assertEquals, assertStringIncludes } from "../asserts.ts";
import { test } from "../harness.ts";
import { answerChunks, byteByByte, cutAt, decodeChunks } from "../support/replies.ts";
import { bytesOf } from "../support/wire.ts";
import { Form, Kind, Op, type TableMessage } from "../../table/message.ts";
import { RequestDecoder } from "../../table/request_decoder.ts";
import { Table } from "../../table/table.ts";

/** What a server that holds 10, 11 and 12 answers; the same however the bytes are split. */
function answer(text: string | Uint8Array, quietAtEnd = false): string {
  const bytes = bytesOf(text);
  const whole = answerChunks([bytes], quietAtEnd);
  assertEquals(answerChunks(byteByByte(bytes), quietAtEnd), whole, "byte by byte");
  for (let at = 1; at < bytes.length; at++) {
    assertEquals(answerChunks(cutAt(bytes, [at]), quietAtEnd), whole, `split at ${at}`);
  }
  return whole;
}

function checkAll(cases: readonly (readonly [message: string, reply: string])[]): void {
  for (const [message, reply] of cases) {
    assertEquals(answer(message), reply, JSON.stringify(message));
  }
}

test("RequestDecoder reads every operation of the documented form", () => {
  checkAll([
    ["OP=GET;IND=0,2;", "OP=GET;IND=0,2;DATA=10,12;"],
    ["OP=GET;IND=2,0,2;", "OP=GET;IND=2,0,2;DATA=12,10,12;"],
    ["OP=PUT;IND=1,3;DATA=7,-8;", "OP=PUT;IND=1,3;DATA=7,-8;"],
    ["OP=ADD;IND=1,1,2;", "OP=ADD;IND=1,1,2;DATA=34;"],
    ["OP=CLR;", "OP=CLR;"],
    ["OP=INF;", "OP=INF;IND=0,1,2;DATA=10,11,12;"],
    ["OP=CLR;OP=INF;", "OP=CLR;OP=INF;IND=;DATA=;"],
  ]);
});

test("RequestDecoder takes pieces in any order, with blanks and empty pieces between them", () => {
  checkAll([
    ["IND=1;OP=GET;", "OP=GET;IND=1;DATA=11;"],
    ["DATA=7,8;IND=1,3;OP=PUT;", "OP=PUT;IND=1,3;DATA=7,8;"],
    ["DATA=5;OP=PUT;IND=0;", "OP=PUT;IND=0;DATA=5;"],
    [";;OP=GET;;;IND=1;", "OP=GET;IND=1;DATA=11;"],
    ["  OP=GET ; IND=1\t; ", "OP=GET;IND=1;DATA=11;"],
    ["OP=GET;\rIND=1;\r\n", "OP=GET;IND=1;DATA=11;\n"],
    ["\n\r\n \n;;\nOP=GET;IND=1;\n\n", "OP=GET;IND=1;DATA=11;\n"],
    ["OP=GET;X=1;IND=1;", "OP=GET;IND=1;DATA=11;"],
  ]);
});

test("RequestDecoder takes IND= DATA= and IND=None for absent, and passes over DATA where it means nothing", () => {
  checkAll([
    ["OP=CLR;IND=None;DATA=None;\n", "OP=CLR;\n"],
    ["IND=None;DATA=;OP=CLR;\n", "OP=CLR;\n"],
    ["OP=GET;IND=1;DATA=5;\n", "OP=GET;IND=1;DATA=11;\n"],
    ["OP=GET;DATA=x;IND=1;\n", "OP=GET;IND=1;DATA=11;\n"],
    ["DATA=1,2;OP=ADD;IND=1,2;\n", "OP=ADD;IND=1,2;DATA=23;\n"],
    ["OP=GET;IND=;\n", "OP=GET;CODE=400;MSG=GET needs IND;\n"],
    ["OP=GET;IND=None;IND=2;\n", "OP=GET;IND=2;DATA=12;\n"],
    ["OP=PUT;IND=1;DATA=;\n", "OP=PUT;CODE=400;MSG=PUT needs DATA;\n"],
    ["OP=PUT;DATA=1;\n", "OP=PUT;CODE=400;MSG=PUT needs IND;\n"],
  ]);
});

test("RequestDecoder reads decimal integers within ±(2^53 - 1) and no others", () => {
  const put = (data: string) => answer(`OP=PUT;IND=0;DATA=${data};\n`);
  for (
    const [data, value] of [
      ["10", "10"],
      ["007", "7"],
      ["-1", "-1"],
      ["-0", "0"],
      ["9007199254740991", "9007199254740991"],
      ["-9007199254740991", "-9007199254740991"],
      ["000000000000000000000000000001", "1"],
    ]
  ) assertEquals(put(data), `OP=PUT;IND=0;DATA=${value};\n`);
  for (
    const data of [
      "1e3",
      "1.5",
      "+1",
      "0x10",
      "--1",
      "-",
      "1 2",
      "1,",
      ",1",
      "1,,2",
      "a",
      "1-",
      "٣",
      "NaN",
      "none",
    ]
  ) {
    const reply = put(data);
    assertStringIncludes(reply, "OP=PUT;CODE=400;MSG=DATA ", data);
    assertStringIncludes(reply, "is not an integer", data);
  }
  for (
    const data of ["9007199254740992", "-9007199254740992", "9007199254740993", "9".repeat(400)]
  ) {
    assertStringIncludes(put(data), "CODE=400", data);
    assertStringIncludes(put(data), "is beyond the range", data);
  }
  assertStringIncludes(answer("OP=GET;IND=1.5;\n"), 'OP=GET;CODE=400;MSG=IND "1.5" is not');
});

test("RequestDecoder leaves indices that no table has to the table", () => {
  checkAll([
    ["OP=GET;IND=-1;", "OP=GET;IND=-1;CODE=416;MSG=index -1 is out of range 0 to 9;"],
    [
      "OP=GET;IND=10,1,12;",
      "OP=GET;IND=10,12;CODE=416;MSG=indices 10, 12 are out of range 0 to 9;",
    ],
    ["OP=GET;IND=007;", "OP=GET;IND=7;CODE=404;MSG=entry 7 is empty;"],
    ["OP=ADD;IND=1,5,4;", "OP=ADD;IND=5,4;CODE=404;MSG=entries 5, 4 are empty;"],
  ]);
});

test("RequestDecoder says what is wrong with a message that it cannot read", () => {
  checkAll([
    ["OP=PUT;IND=1,2;DATA=3;", "OP=PUT;CODE=400;MSG=IND and DATA differ in length, 2 and 1;"],
    ["OP=PUT;IND=1;DATA=3,4;\n", "OP=PUT;CODE=400;MSG=IND and DATA differ in length, 1 and 2;\n"],
    ["OP=XYZ;", 'OP=XYZ;CODE=405;MSG=there is no operation "XYZ", only GET PUT ADD CLR INF;'],
    [
      "OP=get;IND=1;\n",
      'OP=ERR;CODE=405;MSG=there is no operation "get", only GET PUT ADD CLR INF;\n',
    ],
    ["OP=;\n", "OP=ERR;CODE=400;MSG=OP is empty;\n"],
    ["IND=1;\n", "OP=ERR;CODE=400;MSG=OP is missing;\n"],
    [
      "hello\n",
      'OP=ERR;CODE=400;MSG=expected pieces KEY VALUE joined by an equals sign, found "hello"\n',
    ],
    ["op=GET;ind=1;\n", "OP=ERR;CODE=400;MSG=OP is missing;\n"],
  ]);
  const long = answer(`OP=${"A".repeat(200)};\n`);
  assertStringIncludes(
    long,
    'OP=ERR;CODE=405;MSG=there is no operation "AAAAAAAAAAAAAAAAAAAAAAAA..."',
  );
});

test("RequestDecoder goes on after NUL, invalid UTF-8 and every other byte", () => {
  const good = bytesOf("\nOP=GET;IND=1;\n");
  for (let byte = 0; byte < 256; byte++) {
    for (const around of [[byte], [byte, 0x31], [0x4f, byte], [0x4f, 0x50, 0x3d, byte, 0x3b]]) {
      const reply = answerChunks([new Uint8Array([...around, ...good])]);
      assertEquals(reply.endsWith("OP=GET;IND=1;DATA=11;\n"), true, `${around}: ${reply}`);
      assertEquals(/^[\n\x20-\x7e]*$/.test(reply), true, `${around}: ${reply}`);
    }
  }
});

test("RequestDecoder ends a message at a newline, at its last ; or at the next OP=", () => {
  checkAll([
    ["OP=GET;IND=1\n", "OP=GET;IND=1;DATA=11\n"],
    ["OP=GET;IND=1\r\n", "OP=GET;IND=1;DATA=11\n"],
    ["OP=GET;IND=1;\n", "OP=GET;IND=1;DATA=11;\n"],
    ["OP=GET;IND=1;OP=GET;IND=2;", "OP=GET;IND=1;DATA=11;OP=GET;IND=2;DATA=12;"],
    ["OP=GET;IND=1OP=GET;IND=2\n", "OP=GET;IND=1;DATA=11OP=GET;IND=2;DATA=12\n"],
    ["OP=PUT;IND=1;OP=GET;IND=1;", "OP=PUT;CODE=400;MSG=PUT needs DATA;OP=GET;IND=1;DATA=11;"],
    ["OP=PUT;IND=1;", ""],
    ["OP=PUT;IND=1;DATA=4", ""],
    ["OP=PUT;IND=1;DATA=4;", "OP=PUT;IND=1;DATA=4;"],
    ["OP=CLR;OP=CLR;OP=CLR;", "OP=CLR;OP=CLR;OP=CLR;"],
    ["OP=CLR\nOP=CLR\n", "OP=CLR\nOP=CLR\n"],
  ]);
});

test("RequestDecoder takes what has no end when the peer is quiet, if nothing is missing in it", () => {
  for (
    const [message, reply] of [
      ["OP=GET;IND=1", "OP=GET;IND=1;DATA=11"],
      ["OP=PUT;IND=1;DATA=5", "OP=PUT;IND=1;DATA=5"],
      ["OP=CLR", "OP=CLR"],
      ["IND=0;OP=GET", "OP=GET;IND=0;DATA=10"],
      ["OP=GET;IND=4", "OP=GET;IND=4;CODE=404"],
      ["OP=GET;IND=12", "OP=GET;IND=12;CODE=416"],
      ["OP=FOO", "OP=FOO;CODE=405"],
      ["OP=GET", ""],
      ["OP=GE", ""],
      ["OP=GET;IND=", ""],
      ["OP=GET;IND=1,", ""],
      ["OP=GET;IND=-", ""],
      ["OP=PUT;IND=1", ""],
      ["OP=PUT;IND=1;", ""],
      ["OP=PUT;IND=1;DATA=", ""],
      ["O", ""],
    ]
  ) {
    assertEquals(answer(message, true), reply, message);
  }
});

test("RequestDecoder passes over what follows a message on its line", () => {
  checkAll([
    ["OP=GET;IND=1;DATA=9;FOO=1;bar\nOP=CLR;\n", "OP=GET;IND=1;DATA=11;\nOP=CLR;\n"],
    ["OP=CLR;IND=1;OP=GET;IND=1;\n", "OP=CLR;OP=GET;IND=1;CODE=404;MSG=entry 1 is empty;\n"],
    ["OP=GET;IND=1; ;;\n", "OP=GET;IND=1;DATA=11;\n"],
  ]);
});

test("RequestDecoder recognises the colon dialect by itself, between messages of the others too", () => {
  checkAll([
    ["GET:1:", "11"],
    ["GET:5:", "-"],
    ["GET:99:", "-"],
    ["PUT:5:50:GET:5:", "5050"],
    ["PUT:5:-50:", "-50"],
    ["ADD:2:", "12"],
    ["CLR:", "-"],
    ["GET:x:", "-"],
    [
      "OP=GET;IND=1;GET:2:OP=GET;IND=0;\nGET:1:",
      "OP=GET;IND=1;DATA=11;12OP=GET;IND=0;DATA=10;\n11",
    ],
    ["GET:", ""],
    ["PUT:5:", ""],
  ]);
  assertEquals(answer("GET:1", true), "11");
});

test("RequestDecoder waits for the rest of a colon message when the peer falls quiet in its middle", () => {
  for (const part of ["PUT:5", "PUT:5:", "GET:", "PUT:", "PUT:5:-"]) {
    assertEquals(answer(part, true), "", part);
  }
});

test("RequestDecoder does not mix a message with what was left of one taken at a quiet gap", () => {
  const decoder = new RequestDecoder();
  const seen: string[] = [];
  const take = (message: TableMessage) => {
    if (message.kind === Kind.MESSAGE) seen.push(`${message.op} ${[...message.indices]}`);
  };
  decodeChunks(decoder, byteByByte(bytesOf("OP=GET;IND=1")), true, take);
  decodeChunks(
    decoder,
    [bytesOf("OP=GET;IND=2;"), bytesOf("O"), bytesOf("P=ADD;IND=3;")],
    false,
    take,
  );
  assertEquals(seen, [`${Op.GET} 1`, `${Op.GET} 2`, `${Op.ADD} 3`]);
});

test("RequestDecoder does not mix a message with an empty line before it", () => {
  assertEquals(
    answerChunks([";", ";\nOP=GET;IND=1;", "O", "P=GET;IND=2;"].map(bytesOf)),
    "OP=GET;IND=1;DATA=11;OP=GET;IND=2;DATA=12;",
  );
});

test("RequestDecoder keeps the first letters of a message that come before a quiet gap", () => {
  for (const next of ["OP=GET;IND=2;", "GET:2:"]) {
    for (let at = 1; at < 3; at++) {
      const decoder = new RequestDecoder();
      const buffer = bytesOf(`OP=GET;IND=1;${next}`);
      const frame = decoder.create();
      const begin = decoder.decode(frame, buffer, 0, 13, false, 0);
      assertEquals(begin, 13);
      assertEquals(decoder.decode(frame, buffer, 13, 13 + at, true, 13), -1, `${next} at ${at}`);
      assertEquals(decoder.decode(frame, buffer, 13, buffer.length, false, 13 + at), buffer.length);
      assertEquals([...frame.indices], [2]);
    }
  }
});

test("RequestDecoder notes form, size and place of each message", () => {
  const found: unknown[] = [];
  const text = "OP=CLR;\nOP=CLR\nOP=CLR;OP=CLROP=INF;CLR:";
  decodeChunks(new RequestDecoder(), [bytesOf(text)], false, (message) => {
    if (message.kind !== Kind.MESSAGE) return;
    found.push([text.slice(message.at, message.at + message.bytes), message.form]);
  });
  assertEquals(found, [
    ["OP=CLR;\n", Form.STANDARD_LINE],
    ["OP=CLR\n", Form.LINE],
    ["OP=CLR;", Form.STANDARD],
    ["OP=CLR", Form.BARE],
    ["OP=INF;", Form.STANDARD],
    ["CLR:", Form.COLON],
  ]);
});

/** Bytes that are likely to mean something. */
const fragment = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom("OP=GET", "OP=PUT", "OP=ADD", "OP=CLR", "OP=INF", "OP="),
  },
  { weight: 6, arbitrary: fc.constantFrom(";", ";", "\n", ",", "=", ":", " ", "\r", "-") },
  {
    weight: 4,
    arbitrary: fc.constantFrom("IND=", "DATA=", "None", "GET:", "PUT:", "CLR:", "O", "P"),
  },
  { weight: 3, arbitrary: fc.integer({ min: -12, max: 12 }).map(String) },
  {
    weight: 1,
    arbitrary: fc.constantFrom("9007199254740993", "1.5", "\0", "é", "CODE=200", "MSG=x"),
  },
);
const message = fc.oneof(
  fc.tuple(fc.constantFrom("GET", "ADD"), fc.array(fc.nat(11), { minLength: 1, maxLength: 4 }))
    .map(([op, list]) => `OP=${op};IND=${list}`),
  fc.array(fc.tuple(fc.nat(11), fc.integer()), { minLength: 1, maxLength: 4 })
    .map((list) => `OP=PUT;IND=${list.map(([i]) => i)};DATA=${list.map(([, v]) => v)}`),
  fc.constantFrom("OP=CLR", "OP=INF"),
);
const messages = fc.array(fc.tuple(message, fc.constantFrom(";", ";\n", "\n", ";\r\n", ""))).map((
  list,
) => list.map(([text, end]) => text + end).join(""));
const scraps = fc.array(fragment, { maxLength: 30 }).map((list) => list.join(""));
const stream = fc.oneof(
  messages,
  scraps,
  fc.tuple(messages, scraps, messages).map((parts) => parts.join("")),
);

test("RequestDecoder gives the same answers whole, byte by byte and at random splits", () => {
  fc.assert(
    fc.property(stream, fc.array(fc.nat()), fc.boolean(), (text, places, quiet) => {
      const bytes = bytesOf(text);
      const whole = answerChunks([bytes], quiet);
      assertEquals(answerChunks(byteByByte(bytes), quiet), whole);
      assertEquals(answerChunks(cutAt(bytes, places), quiet), whole);
    }),
    { numRuns: 3000 },
  );
});

test("RequestDecoder gives the same answers at random splits of random bytes", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.array(fc.nat()), (bytes, places) => {
      assertEquals(answerChunks(cutAt(bytes, places)), answerChunks([bytes]));
    }),
    { numRuns: 2000 },
  );
});

test("RequestDecoder reads back what is documented, whatever the numbers", () => {
  const entries = fc.array(
    fc.tuple(
      fc.nat(9),
      fc.integer({ min: -Number.MAX_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER }),
    ),
    { minLength: 1, maxLength: 20 },
  );
  fc.assert(fc.property(entries, (list) => {
    const text = `OP=PUT;IND=${list.map(([index]) => index)};DATA=${
      list.map(([, value]) => value)
    };`;
    const table = new Table();
    assertEquals(answerChunks([bytesOf(text)], false, table), text);
    for (const [index, value] of new Map(list)) assertEquals(table.at(index), value);
  }));
});
