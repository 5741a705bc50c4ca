/**
 * The proxy's way to its server: requests out, answers in, each made anew as the original packs it.
 *
 * @module
 */

import { FrameSyntaxError } from "../net/errors.ts";
import { Upstream, type UpstreamOptions } from "../net/upstream.ts";
import { type Header, HEADER_LENGTH, MAX_PACKET_LENGTH, writeHeader } from "./header.ts";
import { CalcDecoder, type CalcPacket } from "./packet.ts";

/** An answer of the server. */
export interface ServerAnswer {
  /** The whole packet. */
  readonly packet: Uint8Array;
  /** When it was made, in seconds since 1970, by the server's clock. */
  readonly unixTime: number;
  /** Whether it may be cached. */
  readonly cache: boolean;
  /** For how many seconds it stays fresh. */
  readonly cacheControl: number;
  /** 200, 400 or 500. */
  readonly status: number;
}

/** Settings of {@linkcode CalcUpstream}. */
export type CalcUpstreamOptions = Omit<
  UpstreamOptions<CalcPacket>,
  "createDecoder" | "maxInFlight" | "maxFrameBytes" | "isReply"
>;

/** Asks the server. */
export class CalcUpstream {
  readonly #upstream: Upstream<CalcPacket>;
  #roundTrips = 0;

  /** Connects with the first request. */
  constructor(options: CalcUpstreamOptions) {
    this.#upstream = new Upstream({
      ...options,
      createDecoder: () => new CalcDecoder(),
      // The original's server takes what arrives together for one packet.
      maxInFlight: 1,
      maxFrameBytes: MAX_PACKET_LENGTH,
    });
  }

  /** Requests that went to the server. */
  get roundTrips(): number {
    return this.#roundTrips;
  }

  /** Whether a connection is open. */
  get connected(): boolean {
    return this.#upstream.connected;
  }

  /**
   * Sends a request and waits for its answer.
   *
   * @param request A whole packet.
   * @throws {HalfwayError} Why there is none.
   */
  ask(request: Uint8Array): Promise<ServerAnswer> {
    return this.#upstream.exchange(
      (out) => {
        this.#roundTrips++;
        out.putBytes(request);
      },
      takeAnswer,
      true,
    );
  }

  /** Closes every connection. */
  close(): void {
    this.#upstream.close();
  }
}

function takeAnswer(packet: CalcPacket): ServerAnswer {
  const { header } = packet;
  if (header.request) throw new FrameSyntaxError("Got a request instead of a response");
  const { unixTime, cache, cacheControl, status } = header;
  return { packet: packedAnew(packet), unixTime, cache, cacheControl, status };
}

/** The packet with a header of its own: right length, no reserved bits, no padding. */
export function packedAnew(packet: CalcPacket): Uint8Array {
  const { header, buffer, dataStart, end } = packet;
  const bytes = new Uint8Array(HEADER_LENGTH + end - dataStart);
  bytes.set(buffer.subarray(dataStart, end), HEADER_LENGTH);
  const anew: Header = { ...header, totalLength: bytes.length };
  writeHeader(anew, bytes, 0);
  return bytes;
}
