/**
 * How a node answers one client: batches of requests in, replies out in the same order, in the form of their requests.
 *
 * Server and proxy share it; they differ in how a request comes to its reply.
 *
 * @module
 */

import { FrameTooLargeError, type HalfwayError, UnexpectedEndError } from "../net/errors.ts";
import type { Peer } from "../net/peer.ts";
import { tellMessage } from "../observe/messages.ts";
import type { Observer } from "../observe/observer.ts";
import { OutputBuffer } from "../net/output_buffer.ts";
import { Integers } from "./integers.ts";
import { Code, Form, Kind, Op, type TableMessage, TableReply } from "./message.ts";
import { opOf } from "./pieces.ts";
import { writeReply } from "./reply_writer.ts";
import { RequestDecoder } from "./request_decoder.ts";

const LF = 0x0a;

/**
 * How long a client that has written lines has to be quiet before what it sent is taken without a line break: a segment
 * that was lost on the way comes later than any gap between messages, and half a number must not be written for a whole.
 */
const LATE_MS = 500;

/** A full buffer is sent before the batch is over. */
const SEND_BYTES = 64 * 1024;

/** Comes to the reply of a request. */
export interface Responder {
  /**
   * Answers a request that is well formed.
   *
   * @param request Valid until the promise resolves.
   * @param reply Filled at once where that can be.
   * @returns `null` if `reply` is filled, or the reply to wait for. The promise does not reject.
   */
  answer(request: TableMessage, reply: TableReply): Promise<TableReply> | null;
}

/** Settings of {@linkcode converse}. */
export interface ConversationOptions {
  /** Name of the node in events. */
  readonly node: string;
  /** Told of messages. */
  readonly observer: Observer;
  /** The longest message, in bytes. */
  readonly maxFrameBytes: number;
  /** How long a client without terminators has to be quiet, in milliseconds. */
  readonly quietMs: number;
}

/** Answers the requests of `peer` until it closes. */
export async function converse(
  peer: Peer,
  responder: Responder,
  options: ConversationOptions,
): Promise<void> {
  const { node, observer } = options;
  const decoder = new RequestDecoder();
  const reader = peer.frames(decoder, {
    maxFrameBytes: options.maxFrameBytes,
    quietMs: () => decoder.endsLines ? Math.max(options.quietMs, LATE_MS) : options.quietMs,
  });
  const scratch = new TableReply();
  const { out } = peer;
  /** Replies from the first one on that has to wait; their requests stay valid, since no further batch is read. */
  const waiting: Waiting[] = [];
  for (;;) {
    const batch = reader.poll();
    if (batch === null) {
      if (reader.ended) return;
      reader.arrived(await reader.wait());
      continue;
    }
    for (let i = 0; i < batch.length; i++) {
      const request = batch[i];
      if (request.kind === Kind.NOTHING) continue;
      if (request.kind === Kind.LINE_END) {
        if (waiting.length === 0) out.putByte(LF);
        else waiting.push(null);
        continue;
      }
      if (observer.message !== null) {
        const { at, bytes } = request;
        const raw = reader.bytes.subarray(at, at + bytes);
        tellMessage(observer, "message.received", node, peer.address, raw);
      }
      // It tells what those before it leave behind, and nothing of those after it.
      if (request.op === Op.INF && waiting.length > 0) await sendWaiting(peer, waiting, options);
      let pending: Promise<TableReply> | null = null;
      if (request.faultCode !== 0) {
        scratch.fail(request.op, request.faultCode, request.fault);
        scratch.opName = request.opName;
      } else {
        pending = responder.answer(request, scratch);
      }
      if (pending === null && waiting.length === 0) {
        const from = out.length;
        writeReply(out, scratch, request.form);
        if (observer.message !== null) {
          tellMessage(
            observer,
            "message.sent",
            node,
            peer.address,
            out.bytes.subarray(from, out.length),
          );
        }
        if (out.length >= SEND_BYTES) await peer.flush();
      } else {
        waiting.push({ form: request.form, reply: pending ?? copyOf(scratch) });
      }
    }
    if (waiting.length > 0) await sendWaiting(peer, waiting, options);
    if (out.length > 0) {
      const rest = peer.flushed(await peer.send());
      if (rest !== null) await rest;
    }
    if (peer.draining && reader.buffered === 0) return;
  }
}

/** A reply that has to wait, or `null` for a line break. */
type Waiting = { readonly form: Form; readonly reply: TableReply | Promise<TableReply> } | null;

async function sendWaiting(
  peer: Peer,
  waiting: Waiting[],
  options: ConversationOptions,
): Promise<void> {
  const { out } = peer;
  const { node, observer } = options;
  for (const entry of waiting) {
    if (entry === null) {
      out.putByte(LF);
      continue;
    }
    let { reply } = entry;
    if (reply instanceof Promise) {
      // What is ready does not wait for what is not.
      if (out.length > 0) await peer.flush();
      reply = await reply;
    }
    const from = out.length;
    writeReply(out, reply, entry.form);
    if (observer.message !== null) {
      tellMessage(
        observer,
        "message.sent",
        node,
        peer.address,
        out.bytes.subarray(from, out.length),
      );
    }
    if (out.length >= SEND_BYTES) await peer.flush();
  }
  waiting.length = 0;
}

function copyOf(reply: TableReply): TableReply {
  const copy = new TableReply();
  copy.op = reply.op;
  copy.opName = reply.opName;
  copy.code = reply.code;
  copy.indices = Integers.of(reply.indices);
  copy.values = Integers.of(reply.values);
  copy.text = reply.text;
  return copy;
}

/** What a client is told before its connection is closed because of `error`. */
export function lastWords(error: HalfwayError, peer: Peer): Uint8Array | null {
  const { leftover } = peer;
  const reply = new TableReply();
  const op = readableOp(leftover);
  if (error instanceof FrameTooLargeError) {
    reply.fail(op, Code.TOO_LARGE, error.message);
  } else if (
    error instanceof UnexpectedEndError || (error.code === "TIMEOUT" && leftover.length > 0)
  ) {
    reply.fail(op, Code.BAD_REQUEST, `${error.message}, found no end of it`);
  } else if (error.code === "REMOTE") {
    reply.fail(Op.NONE, Code.UNAVAILABLE, error.message);
  } else if (error.code === "TIMEOUT") {
    return null;
  } else {
    reply.fail(op, Code.BAD_REQUEST, error.message);
  }
  const out = new OutputBuffer();
  writeReply(out, reply, Form.STANDARD_LINE);
  return out.written();
}

/** The operation that bytes begin with, if it can be read. */
function readableOp(bytes: Uint8Array): Op {
  if (bytes.length < 6 || bytes[0] !== 0x4f || bytes[1] !== 0x50 || bytes[2] !== 0x3d) {
    return Op.NONE;
  }
  const op = opOf(bytes[3], bytes[4], bytes[5]);
  return op === Op.UNKNOWN ? Op.NONE : op;
}
