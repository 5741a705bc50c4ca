/**
 * Packets: where one ends in a stream of bytes, and what stands in its header. Spec: calc, 2.1 and 2.8 "Framing".
 *
 * `total_length` decides. The original ignores it (there, a packet is whatever one `recv` returns), so a length that
 * can't be right is not held against a peer whose pickle is whole:
 *
 * - It says more than what came: once the peer is quiet, a whole pickle is taken, up to where the next packet begins.
 * - It says less, so that the pickle goes on behind it, and no header follows there: the packet ends with the pickle.
 *
 * @module
 */

import type { Decoder } from "../net/decoder.ts";
import { NEED_MORE } from "../net/decoder.ts";
import {
  emptyHeader,
  type Header,
  HEADER_LENGTH,
  looksLikeHeader,
  MAX_PACKET_LENGTH,
  readHeader,
} from "./header.ts";
import { findPickleEnd, OP, PICKLE_INVALID, PICKLE_UNFINISHED } from "./opcodes.ts";

/** A packet within a receive buffer. The next batch overwrites it. */
export interface CalcPacket {
  /** The header, its cache fields made to agree. */
  readonly header: Header;
  /** The buffer that holds the packet. */
  buffer: Uint8Array;
  /** Offset of the header. */
  start: number;
  /** Offset of the data: a pickle. */
  dataStart: number;
  /** Offset after the data. */
  end: number;
  /** Whether the packet is as long as its header says; if not, that is worth a warning in the log. */
  lengthIsRight: boolean;
}

const NO_BYTES = new Uint8Array(0);

/** Finds packets in received bytes. */
export class CalcDecoder implements Decoder<CalcPacket> {
  /** Makes an empty packet. */
  create(): CalcPacket {
    return {
      header: emptyHeader(),
      buffer: NO_BYTES,
      start: 0,
      dataStart: 0,
      end: 0,
      lengthIsRight: true,
    };
  }

  /**
   * Decodes the packet at `start`; see {@linkcode Decoder.decode}.
   *
   * With `flush`, fewer bytes than a header are an error at once, and a packet that is still without the end of its
   * pickle goes on being waited for.
   *
   * @throws {FrameSyntaxError} In the original's words, if there are fewer than 12 bytes and no more are coming, or
   * the total length is below 12.
   */
  decode(
    packet: CalcPacket,
    buffer: Uint8Array,
    start: number,
    end: number,
    flush: boolean,
  ): number {
    if (end - start < HEADER_LENGTH && !flush) return NEED_MORE;
    readHeader(packet.header, buffer, start, end);
    const announced = start + packet.header.totalLength;
    const found = announced <= end
      ? endOfWhole(buffer, start, announced, end, flush)
      : flush
      ? endOfShort(buffer, start, end)
      : NEED_MORE;
    if (found === NEED_MORE) return NEED_MORE;
    packet.buffer = buffer;
    packet.start = start;
    packet.dataStart = start + HEADER_LENGTH;
    packet.end = found;
    packet.lengthIsRight = found === announced;
    return found;
  }
}

/** The end of a packet when as many bytes are there as its header announces. */
function endOfWhole(
  buffer: Uint8Array,
  start: number,
  announced: number,
  end: number,
  flush: boolean,
): number {
  const data = start + HEADER_LENGTH;
  if (
    announced === end || isOneFrame(buffer, data, announced) ||
    looksLikeHeader(buffer, announced, end)
  ) return announced;
  const pickleEnd = findPickleEnd(buffer, data, Math.min(end, start + MAX_PACKET_LENGTH));
  // What follows a pickle within the announced length belongs to the packet: the original carries it along.
  if (pickleEnd > announced) return pickleEnd;
  if (pickleEnd >= 0) return announced;
  // Not a pickle, so nothing to wait for; the same when as much came as can.
  if (pickleEnd === PICKLE_INVALID || end - start >= MAX_PACKET_LENGTH) return announced;
  if (!flush) return NEED_MORE;
  // No header follows and no pickle ends: like the original, take all that came as one packet that can't be read.
  return end;
}

/** The end of a packet when fewer bytes came than its header announces, and the peer is quiet. */
function endOfShort(buffer: Uint8Array, start: number, end: number): number {
  const pickleEnd = findPickleEnd(buffer, start + HEADER_LENGTH, end);
  if (pickleEnd === PICKLE_UNFINISHED || pickleEnd === PICKLE_INVALID) return NEED_MORE;
  return looksLikeHeader(buffer, pickleEnd, end) ? pickleEnd : end;
}

/** Whether the data is a pickle whose one frame ends exactly at `end`: true of nearly every packet, and seen at once. */
function isOneFrame(buffer: Uint8Array, data: number, end: number): boolean {
  if (end - data < 11 || buffer[data] !== OP.PROTO || buffer[data + 2] !== OP.FRAME) return false;
  // A packet is shorter than 64 KiB, so that two bytes of the frame's length say it all.
  const length = buffer[data + 3] | (buffer[data + 4] << 8);
  if (data + 11 + length !== end || buffer[end - 1] !== OP.STOP) return false;
  for (let i = data + 5; i < data + 11; i++) if (buffer[i] !== 0) return false;
  return true;
}
