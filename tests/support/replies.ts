/**
 * What a server would answer to bytes, without a socket: decoder, table and writer put together.
 *
 * @module
 */

import { NEED_MORE } from "../../net/decoder.ts";
import { OutputBuffer } from "../../net/output_buffer.ts";
import { Integers } from "../../table/integers.ts";
import { Kind, type TableMessage, TableReply } from "../../table/message.ts";
import { RequestDecoder } from "../../table/request_decoder.ts";
import { writeReply } from "../../table/reply_writer.ts";
import { Table } from "../../table/table.ts";

/** Hands `chunks` to the decoder as a reader would, and each frame to `take`. Returns the bytes that are left. */
export function decodeChunks<Frame>(
  decoder: {
    create(): Frame;
    decode(
      frame: Frame,
      bytes: Uint8Array,
      start: number,
      end: number,
      flush: boolean,
      seen: number,
    ): number;
  },
  chunks: readonly Uint8Array[],
  quietAtEnd: boolean,
  take: (frame: Frame, bytes: Uint8Array) => void,
): number {
  const total = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  const buffer = new Uint8Array(total);
  const frame = decoder.create();
  let start = 0;
  let end = 0;
  let seen = 0;
  const decode = (flush: boolean) => {
    while (start < end) {
      const next = decoder.decode(frame, buffer, start, end, flush, Math.max(seen, start));
      if (next === NEED_MORE) {
        seen = end;
        return;
      }
      if (next <= start || next > end) {
        throw new Error(`${next} is not after ${start} up to ${end}`);
      }
      take(frame, buffer);
      start = seen = next;
    }
  };
  for (const chunk of chunks) {
    buffer.set(chunk, end);
    end += chunk.length;
    decode(false);
  }
  if (quietAtEnd) decode(true);
  return end - start;
}

/** What a server with this table answers to `chunks`. */
export function answerChunks(
  chunks: readonly Uint8Array[],
  quietAtEnd = false,
  table: Table = new Table(10, [10, 11, 12]),
): string {
  const out = new OutputBuffer();
  const reply = new TableReply();
  const scratch = new Integers();
  decodeChunks<TableMessage>(new RequestDecoder(), chunks, quietAtEnd, (message) => {
    if (message.kind === Kind.NOTHING) return;
    if (message.kind === Kind.LINE_END) return out.putByte(0x0a);
    if (message.faultCode !== 0) {
      reply.fail(message.op, message.faultCode, message.fault);
      reply.opName = message.opName;
    } else {
      table.apply(message.op, message.indices, message.values, scratch, reply);
    }
    writeReply(out, reply, message.form);
  });
  return new TextDecoder().decode(out.written());
}

/** Each byte by itself. */
export function byteByByte(bytes: Uint8Array): Uint8Array[] {
  return Array.from(bytes, (byte) => new Uint8Array([byte]));
}

/** Cuts `bytes` at these places, given as any numbers. */
export function cutAt(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const cuts = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) =>
    a - b
  );
  const chunks: Uint8Array[] = [];
  let from = 0;
  for (const cut of [...cuts, bytes.length]) {
    if (cut > from) chunks.push(bytes.subarray(from, cut));
    from = Math.max(from, cut);
  }
  return chunks;
}
