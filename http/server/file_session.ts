/**
 * One connection to a file server: requests in, answers out in the same order. What one read brought is answered in one
 * write; a file too large for that goes out in pieces, each read once the one before it is taken.
 *
 * @module
 */

import { Phase } from "../../net/activity.ts";
import { NEED_MORE } from "../../net/decoder.ts";
import { ClosedError, type HalfwayError, UnexpectedEndError } from "../../net/errors.ts";
import type { Peer } from "../../net/peer.ts";
import { tellMessage } from "../../observe/messages.ts";
import type { Observer } from "../../observe/observer.ts";
import { BodyReader } from "../message/body_reader.ts";
import { ByteSource } from "../message/byte_source.ts";
import { HttpLimitError, HttpSyntaxError } from "../message/errors.ts";
import { FieldList } from "../message/field_reader.ts";
import type { FileRequest, FileResponder } from "./file_responder.ts";
import { emptyReply, type FileReply, statusReply } from "./file_reply.ts";
import type { OpenFile } from "./file_system.ts";
import { BodyKind } from "../message/framing.ts";
import type { HeadLimits } from "../message/limits.ts";
import { Field } from "../message/names.ts";
import type { ByteRange } from "../policy/ranges.ts";
import { RequestHead } from "../message/request_head.ts";
import { parseAuthority, readPath, readTarget } from "../message/target.ts";
import { ByteWriter, type DateLine } from "../message/writer.ts";

/** A file is read in pieces of this size; what an idle connection holds is much less. */
const PIECE_BYTES = 64 * 1024;

const INITIAL_BYTES = 1024;

/** Less room than this is not worth a read of its own. */
const LEAST_PIECE_BYTES = 8 * 1024;

/** What all connections of a server share. */
export interface FileSessionOptions {
  /** Name of the node in events. */
  readonly node: string;
  /** Told of messages. */
  readonly observer: Observer;
  /** Comes to the answers. */
  readonly responder: FileResponder;
  /** Limits of a request's head. */
  readonly headLimits: HeadLimits;
  /** A longer request body is not read over: the connection closes after the answer. */
  readonly maxBodyBytes: number;
  /** Now, in milliseconds since 1970. */
  readonly nowMs: () => number;
  /** The same, as a line. */
  readonly date: DateLine;
}

/** Answers the requests of `peer` until it closes, or one of the two wants no more. */
export async function serveFiles(peer: Peer, options: FileSessionOptions): Promise<void> {
  const out = new ByteWriter();
  peer.out = out;
  const source = new ByteSource(peer.connection);
  const head = new RequestHead(options.headLimits);
  while (await readHead(peer, source, head)) {
    peer.activity.enter(Phase.WORK);
    const isLast = await answer(peer, out, source, head, options);
    if (isLast) {
      await peer.flush();
      // What it still sends must not reset the connection before it has read the answer.
      await peer.linger(null);
      return;
    }
  }
}

/** Waits for a request. Returns `false` when there is none to come. */
async function readHead(peer: Peer, source: ByteSource, head: RequestHead): Promise<boolean> {
  const { activity } = peer;
  for (;;) {
    if (source.available > 0) {
      let after: number;
      try {
        after = head.parse(source.buffer, source.start, source.end);
      } catch (error) {
        // The answers to the requests before this one are still owed.
        await peer.flush();
        throw error;
      }
      if (after !== NEED_MORE) {
        source.start = after;
        return true;
      }
    }
    await peer.flush();
    if (source.available > 0) activity.remain(Phase.FRAME);
    else if (peer.draining) return false;
    else {
      // What a large answer took is not held on to while nothing happens.
      if (peer.out.bytes.length >= PIECE_BYTES) peer.out.bytes = new Uint8Array(INITIAL_BYTES);
      activity.enter(Phase.IDLE);
    }
    if (!await source.fill()) {
      if (source.available === 0) return false;
      throw new UnexpectedEndError("Peer closed in the middle of a request");
    }
  }
}

/** Answers one request. Returns whether the connection closes after it. */
async function answer(
  peer: Peer,
  out: ByteWriter,
  source: ByteSource,
  head: RequestHead,
  options: FileSessionOptions,
): Promise<boolean> {
  const { observer, node } = options;
  if (observer.message !== null) {
    const raw = head.buffer.subarray(head.start, head.start + head.length);
    tellMessage(observer, "message.received", node, peer.address, raw);
  }
  const { method, minorVersion } = head;
  let keeps = head.persistent;
  let request: FileRequest;
  try {
    request = { method, path: pathOf(head), fields: head };
    if (head.bodyKind !== BodyKind.none) {
      // The head's bytes are overwritten while the body is read.
      request = { ...request, fields: new FieldList(head.lines()) };
      keeps = await skipBody(peer, source, head, options.maxBodyBytes) && keeps;
    }
  } catch (error) {
    await peer.flush();
    throw error;
  }
  let reply: FileReply;
  try {
    reply = await options.responder.answer(request, options.nowMs());
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const text = `Cannot answer ${method} ${request.path}: ${reason}`;
    observer.node?.({ type: "node.warning", node, timeMs: Date.now(), text });
    reply = statusReply(503);
  }
  keeps &&= !peer.draining;
  try {
    const from = out.length;
    writeReplyHead(out, reply, keeps, minorVersion, options.date.bytes);
    if (observer.message !== null) {
      const raw = out.bytes.subarray(from, out.length);
      tellMessage(observer, "message.sent", node, peer.address, raw);
    }
    if (method !== "HEAD") await sendBody(peer, out, reply);
  } finally {
    await reply.file?.close();
  }
  return !keeps;
}

/** Path and query, in whichever form the target has. */
function pathOf(head: RequestHead): string {
  const { target } = head;
  // A path alone needs no host, and in HTTP/1.0 may come without one.
  if (!target.startsWith("/")) return readTarget(head).path;
  const host = head.value(Field.host);
  if (host !== null && parseAuthority(host) === null) {
    throw new HttpSyntaxError(400, "Expected a host and port as Host");
  }
  return readPath(head, target);
}

/** Reads over a body. Returns whether it is gone: one that is long, or may never come, is left where it is. */
async function skipBody(
  peer: Peer,
  source: ByteSource,
  head: RequestHead,
  maxBytes: number,
): Promise<boolean> {
  if (head.expectsContinue || head.contentLength > maxBytes) return false;
  const body = new BodyReader(source, head);
  let bytes = 0;
  // As a whole it has the time that a head has.
  peer.activity.enter(Phase.FRAME);
  for (let piece = body.poll(); !body.done || piece !== null; piece = body.poll()) {
    if (piece === null) {
      await peer.flush();
      peer.activity.remain(Phase.FRAME);
      piece = await body.next();
      if (piece === null) break;
    }
    bytes += piece.length;
    if (bytes > maxBytes) return false;
  }
  peer.activity.enter(Phase.WORK);
  return true;
}

function writeReplyHead(
  out: ByteWriter,
  reply: FileReply,
  keeps: boolean,
  minorVersion: number,
  date: Uint8Array,
): void {
  out.statusLine(reply.status);
  out.write(date);
  for (const [name, value] of reply.fields) out.field(name, value);
  if (reply.contentLength !== null) out.field("Content-Length", reply.contentLength);
  if (!keeps) out.field("Connection", "close");
  else if (minorVersion === 0) out.field("Connection", "keep-alive");
  out.endLine();
}

async function sendBody(peer: Peer, out: ByteWriter, reply: FileReply): Promise<void> {
  for (const part of reply.parts) {
    if (part instanceof Uint8Array) out.putBytes(part);
    else await sendRange(peer, out, reply.file!, part);
  }
  // Pipelined answers are gathered, but not without end.
  if (out.length >= PIECE_BYTES) await peer.flush();
}

async function sendRange(
  peer: Peer,
  out: ByteWriter,
  file: OpenFile,
  { first, last }: ByteRange,
): Promise<void> {
  for (let at = first; at <= last;) {
    const left = last + 1 - at;
    const room = PIECE_BYTES - out.length;
    if (room < left && room < LEAST_PIECE_BYTES) {
      await peer.flush();
      continue;
    }
    const wanted = Math.min(left, room);
    out.reserve(wanted);
    let got: number;
    try {
      got = await file.read(out.bytes.subarray(out.length, out.length + wanted), at);
    } catch (error) {
      throw await cutOff(peer, "can't be read on", error);
    }
    // It is shorter now than its Content-Length says: only the end of the connection can tell the client.
    if (got === 0) throw await cutOff(peer, "has become shorter");
    out.length += got;
    at += got;
  }
}

async function cutOff(peer: Peer, what: string, cause?: unknown): Promise<ClosedError> {
  await peer.flush();
  return new ClosedError(`A file ${what} while it is sent`, { cause });
}

/** What a client is told before its connection is closed because of `error`. */
export function fileLastWords(error: HalfwayError, peer: Peer): Uint8Array | null {
  const status = statusOf(error, peer);
  if (status === null) return null;
  const reply = status === 408 ? emptyReply(408, []) : statusReply(status);
  const out = new ByteWriter();
  out.statusLine(status);
  for (const [name, value] of reply.fields) out.field(name, value);
  out.field("Content-Length", reply.contentLength ?? 0);
  out.field("Connection", "close");
  out.endLine();
  for (const part of reply.parts) if (part instanceof Uint8Array) out.putBytes(part);
  return out.written();
}

function statusOf(error: HalfwayError, peer: Peer): number | null {
  if (error instanceof HttpSyntaxError || error instanceof HttpLimitError) return error.status;
  switch (error.code) {
    case "UNEXPECTED_END":
      return 400;
    case "REMOTE":
      return 503;
    case "TIMEOUT":
      return peer.activity.phase === Phase.FRAME ? 408 : null;
    default:
      return null;
  }
}
