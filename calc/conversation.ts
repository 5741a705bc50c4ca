/**
 * How a node answers one client: batches of packets in, answers out in the same order.
 *
 * Server and proxy share it; they differ in how a request comes to its answer.
 *
 * @module
 */

import type { HalfwayError } from "../net/errors.ts";
import type { OutputBuffer } from "../net/output_buffer.ts";
import type { Peer } from "../net/peer.ts";
import type { Observer } from "../observe/observer.ts";
import { describeAnswer, describeRequest } from "./describe.ts";
import {
  builtinException,
  CalcError,
  serverException,
  STATUS_SERVER_ERROR,
  unpackException,
  UNREADABLE_TEXT,
} from "./errors.ts";
import { headerWarnings, MAX_PACKET_LENGTH } from "./header.ts";
import { CalcDecoder, type CalcPacket } from "./packet.ts";

/** A full buffer is sent before the batch is over. */
const SEND_BYTES = 64 * 1024;

/** A batch that is worked on for longer lets others have a turn, in milliseconds. */
const BATCH_MS = 2;

/** An answer that had to be waited for. */
export interface LateAnswer {
  /** The whole packet. */
  readonly bytes: Uint8Array;
  /** What the log says before the answer; may be empty. */
  readonly note: string;
}

/** Comes to the answer of a packet. */
export interface Responder {
  /** What the log says before the answer that {@linkcode Responder.answer} gave at once; may be empty. */
  readonly note: string;
  /** Whether packets of one connection are worked on one after the other; all that have arrived otherwise. */
  readonly inTurn: boolean;

  /**
   * Answers a packet.
   *
   * @param packet Valid during the call only.
   * @param out Where the answer goes to if it is there at once.
   * @returns `null` if the answer is in `out`, or the answer to wait for. The promise rejects only when the node stops.
   */
  answer(packet: CalcPacket, out: OutputBuffer): Promise<LateAnswer> | null;

  /** Makes the answer to what is no packet. */
  refuse(error: CalcError): Uint8Array;

  /** Resolves after others had their turn. */
  pause(): Promise<void>;
}

/** Settings of {@linkcode converse}. */
export interface ConversationOptions {
  /** Name of the node in events. */
  readonly node: string;
  /** Told of messages. */
  readonly observer: Observer;
  /** How long a packet that is shorter than it says has to be without a further byte, in milliseconds. */
  readonly quietMs: number;
}

/** Answers the packets of `peer` until it closes. */
export async function converse(
  peer: Peer,
  responder: Responder,
  options: ConversationOptions,
): Promise<void> {
  const { observer, quietMs } = options;
  const reader = peer.frames(new CalcDecoder(), { maxFrameBytes: MAX_PACKET_LENGTH, quietMs });
  const { out } = peer;
  const { inTurn } = responder;
  /** Answers from the first one on that has to be waited for. */
  const waiting: (Promise<LateAnswer> | LateAnswer)[] = [];
  for (;;) {
    const batch = reader.poll();
    if (batch === null) {
      if (reader.ended) return;
      reader.arrived(await reader.wait());
      continue;
    }
    let begin = batch.length > 1 ? performance.now() : 0;
    for (let i = 0; i < batch.length; i++) {
      const packet = batch[i];
      if (observer.message !== null || observer.node !== null) tellRequest(packet, peer, options);
      const from = out.length;
      const late = responder.answer(packet, out);
      if (late === null) {
        if (waiting.length === 0) {
          if (observer.message !== null) {
            tellAnswer(out.bytes.subarray(from, out.length), responder.note, peer, options);
          }
        } else {
          waiting.push({ bytes: out.bytes.slice(from, out.length), note: responder.note });
          out.length = from;
        }
      } else {
        waiting.push(late);
        if (inTurn) await sendWaiting(peer, waiting, options);
      }
      if (out.length >= SEND_BYTES) await peer.flush();
      if (i + 1 < batch.length && performance.now() - begin > BATCH_MS) {
        await responder.pause();
        begin = performance.now();
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

/** Sends what waits, in order; what is ready does not wait for what is not. */
async function sendWaiting(
  peer: Peer,
  waiting: (Promise<LateAnswer> | LateAnswer)[],
  options: ConversationOptions,
): Promise<void> {
  const { out } = peer;
  try {
    for (const entry of waiting) {
      let answer = entry;
      if (answer instanceof Promise) {
        if (out.length > 0) await peer.flush();
        answer = await answer;
      }
      if (options.observer.message !== null) tellAnswer(answer.bytes, answer.note, peer, options);
      out.putBytes(answer.bytes);
      if (out.length >= SEND_BYTES) await peer.flush();
    }
  } catch (error) {
    // The connection is lost or the node stops: nobody looks at the others any more.
    for (const entry of waiting) if (entry instanceof Promise) entry.catch(() => {});
    throw error;
  } finally {
    waiting.length = 0;
  }
}

function tellRequest(
  packet: CalcPacket,
  peer: Peer,
  { node, observer }: ConversationOptions,
): void {
  const { buffer, start, end, lengthIsRight, header } = packet;
  const timeMs = Date.now();
  if (observer.node !== null) {
    const warnings = headerWarnings(buffer, start);
    if (!lengthIsRight) {
      warnings.push(`Expected a packet of ${header.totalLength} bytes, found ${end - start}`);
    }
    for (const warning of warnings) {
      const text = `${peer.address} ${warning}`;
      observer.node({ type: "node.warning", node, timeMs, text });
    }
  }
  observer.message?.({
    type: "message.received",
    node,
    timeMs,
    peer: peer.address,
    bytes: end - start,
    text: describeRequest(buffer, start, end),
  });
}

function tellAnswer(
  bytes: Uint8Array,
  note: string,
  peer: Peer,
  { node, observer }: ConversationOptions,
): void {
  observer.message?.({
    type: "message.sent",
    node,
    timeMs: Date.now(),
    peer: peer.address,
    bytes: bytes.length,
    text: `${note}${describeAnswer(bytes)}`,
  });
}

/**
 * What a client is told before its connection is closed because of `error`.
 *
 * @returns The error to answer, or `null` to say nothing.
 */
export function lastError(error: HalfwayError, peer: Peer): CalcError | null {
  switch (error.code) {
    case "UNEXPECTED_END":
      // The original would try to read what came of the packet.
      return new CalcError(builtinException("ValueError", UNREADABLE_TEXT));
    case "TIMEOUT":
      if (peer.leftover.length === 0) return null;
      return new CalcError(unpackException(error.message), STATUS_SERVER_ERROR);
    case "REMOTE":
      return new CalcError(serverException(error.message), STATUS_SERVER_ERROR);
    default:
      return new CalcError(unpackException(error.message), STATUS_SERVER_ERROR);
  }
}
