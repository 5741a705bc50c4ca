import { assertEquals, assertNotMatch } from "../asserts.ts";
import { test } from "../harness.ts";
import { OutputBuffer } from "../../net/output_buffer.ts";
import { Integers, NONE } from "../../table/integers.ts";
import { Form, MAX_VALUE, Op, TableReply } from "../../table/message.ts";
import { wireText, writeReply, writeRequest } from "../../table/reply_writer.ts";

const FORMS = [Form.STANDARD_LINE, Form.STANDARD, Form.LINE, Form.BARE, Form.COLON];

function inEachForm(write: (out: OutputBuffer, form: Form) => void): string[] {
  return FORMS.map((form) => {
    const out = new OutputBuffer();
    write(out, form);
    return new TextDecoder().decode(out.written());
  });
}

test("writeReply ends a reply as its request ended", () => {
  const answer = new TableReply().answer(Op.GET, Integers.of([1, 3]), Integers.of([7, -8]));
  assertEquals(inEachForm((out, form) => writeReply(out, answer, form)), [
    "OP=GET;IND=1,3;DATA=7,-8;\n",
    "OP=GET;IND=1,3;DATA=7,-8;",
    "OP=GET;IND=1,3;DATA=7,-8\n",
    "OP=GET;IND=1,3;DATA=7,-8",
    "7",
  ]);
  const clear = new TableReply().answer(Op.CLR, NONE, NONE);
  assertEquals(inEachForm((out, form) => writeReply(out, clear, form)), [
    "OP=CLR;\n",
    "OP=CLR;",
    "OP=CLR\n",
    "OP=CLR",
    "-",
  ]);
});

test("writeReply leaves the sentence of an error out for the bare form, and all but a dash for colon", () => {
  const error = new TableReply().fail(Op.GET, 404, "entry 3 is empty", Integers.of([3]));
  assertEquals(inEachForm((out, form) => writeReply(out, error, form)), [
    "OP=GET;IND=3;CODE=404;MSG=entry 3 is empty;\n",
    "OP=GET;IND=3;CODE=404;MSG=entry 3 is empty;",
    "OP=GET;IND=3;CODE=404;MSG=entry 3 is empty\n",
    "OP=GET;IND=3;CODE=404",
    "-",
  ]);
});

test("writeReply puts no ; = or line break into a sentence", () => {
  assertEquals(wireText("a; b=c\r\nd\0e\x1bf"), "a, b c d e?f");
  for (let code = 0; code < 0x100; code++) {
    assertNotMatch(wireText(`x${String.fromCharCode(code)}y`), /[;=\r\n\0]/);
  }
});

test("writeReply makes room for the longest values", () => {
  const list = Integers.of(Array.from({ length: 3000 }, (_, i) => i % 2 ? MAX_VALUE : -MAX_VALUE));
  const out = new OutputBuffer();
  writeReply(out, new TableReply().answer(Op.GET, list, list), Form.STANDARD_LINE);
  assertEquals(
    new TextDecoder().decode(out.written()),
    `OP=GET;IND=${[...list]};DATA=${[...list]};\n`,
  );
});

test("writeRequest gives DATA to a PUT only, and one entry at a time in colon", () => {
  const indices = Integers.of([5]);
  const values = Integers.of([-50]);
  const asked = ([op, form]: readonly [Op, Form]) => {
    const out = new OutputBuffer();
    writeRequest(out, op, indices, values, form);
    return new TextDecoder().decode(out.written());
  };
  assertEquals(
    [Op.GET, Op.PUT, Op.ADD, Op.CLR, Op.INF].map((op) => asked([op, Form.STANDARD_LINE])),
    ["OP=GET;IND=5;\n", "OP=PUT;IND=5;DATA=-50;\n", "OP=ADD;IND=5;\n", "OP=CLR;\n", "OP=INF;\n"],
  );
  assertEquals(
    [Op.GET, Op.PUT, Op.ADD, Op.CLR].map((op) => asked([op, Form.COLON])),
    ["GET:5:", "PUT:5:-50:", "ADD:5:", "CLR:"],
  );
  assertEquals(asked([Op.PUT, Form.BARE]), "OP=PUT;IND=5;DATA=-50");
});
