/**
 * Writes replies and requests, each in the form that its receiver reads.
 *
 * @module
 */

import type { OutputBuffer } from "../net/output_buffer.ts";
import type { Integers } from "./integers.ts";
import { Form, Op, OP_NAMES, type TableReply } from "./message.ts";

const encoder = new TextEncoder();
const LF = 0x0a;
const SEMICOLON = 0x3b;
const COMMA = 0x2c;
const MINUS = 0x2d;

const OP_PIECES = OP_NAMES.map((name) => encoder.encode(`OP=${name}`));
const IND_PIECE = encoder.encode(";IND=");
const DATA_PIECE = encoder.encode(";DATA=");
const CODE_PIECE = encoder.encode(";CODE=");
const MSG_PIECE = encoder.encode(";MSG=");

/** Bytes for one integer and its comma at most. */
const INTEGER_BYTES = 18;

/** Bytes for all pieces of a message but its integers and its sentence. */
const FRAME_BYTES = 48;

/** Puts a short constant; for so few bytes a loop is quicker than `set`. */
function putShort(out: OutputBuffer, piece: Uint8Array): void {
  const { bytes } = out;
  let at = out.length;
  for (let i = 0; i < piece.length; i++) bytes[at++] = piece[i];
  out.length = at;
}

function putIntegers(out: OutputBuffer, list: Integers): void {
  const { items, length } = list;
  for (let i = 0; i < length; i++) {
    if (i > 0) out.bytes[out.length++] = COMMA;
    const value = items[i];
    if (value >= 0 && value < 10) out.bytes[out.length++] = 0x30 + value;
    else out.putInteger(value);
  }
}

function putEnd(out: OutputBuffer, form: Form): void {
  if (form === Form.STANDARD || form === Form.STANDARD_LINE) out.bytes[out.length++] = SEMICOLON;
  if (form === Form.STANDARD_LINE || form === Form.LINE) out.bytes[out.length++] = LF;
}

/** Takes out of a sentence what means something on the wire. */
export function wireText(sentence: string): string {
  return sentence.replace(/;+/g, ",").replace(/[=\r\n\0]+/g, " ").replace(/\p{Cc}/gu, "?");
}

/** Writes a reply in the form of its request. */
export function writeReply(out: OutputBuffer, reply: TableReply, form: Form): void {
  const { op, code, indices, values } = reply;
  if (form === Form.COLON) {
    // The dialect has an integer or a dash, and nothing to say more with.
    if (code !== 0 || values.length === 0) out.putByte(MINUS);
    else out.putInteger(values.items[0]);
    return;
  }
  out.reserve(
    FRAME_BYTES + (indices.length + values.length) * INTEGER_BYTES + reply.text.length * 3,
  );
  if (reply.opName !== "") out.putText(`OP=${reply.opName}`);
  else putShort(out, OP_PIECES[op]);
  if (code !== 0) {
    if (indices.length > 0) {
      putShort(out, IND_PIECE);
      putIntegers(out, indices);
    }
    putShort(out, CODE_PIECE);
    out.putInteger(code);
    if (form !== Form.BARE) {
      putShort(out, MSG_PIECE);
      out.putText(wireText(reply.text));
    }
  } else if (op !== Op.CLR) {
    putShort(out, IND_PIECE);
    putIntegers(out, indices);
    putShort(out, DATA_PIECE);
    putIntegers(out, values);
  }
  putEnd(out, form);
}

/** Writes a request: `values` only for `PUT`. */
export function writeRequest(
  out: OutputBuffer,
  op: Op,
  indices: Integers,
  values: Integers,
  form: Form,
): void {
  if (form === Form.COLON) {
    out.putText(`${OP_NAMES[op]}:`);
    if (op !== Op.CLR) out.putText(`${indices.items[0]}:`);
    if (op === Op.PUT) out.putText(`${values.items[0]}:`);
    return;
  }
  out.reserve(FRAME_BYTES + (indices.length + values.length) * INTEGER_BYTES);
  putShort(out, OP_PIECES[op]);
  if (op !== Op.CLR && op !== Op.INF) {
    putShort(out, IND_PIECE);
    putIntegers(out, indices);
  }
  if (op === Op.PUT) {
    putShort(out, DATA_PIECE);
    putIntegers(out, values);
  }
  putEnd(out, form);
}
