/**
 * What a TCP connection and a listener are to the rest of the code: the part of Deno's own objects that is used, so
 * that on Deno the real object serves as it is, and another runtime gives the same shape.
 *
 * @module
 */

/** One end of a TCP connection. */
export interface NetAddress {
  /** IP address, or the name that was asked for. */
  readonly hostname: string;
  /** Port, 0 to 65535. */
  readonly port: number;
}

/** A TCP connection: bytes in, bytes out, each side closed by itself. */
export interface Connection {
  /** The other end. */
  readonly remoteAddr: NetAddress;
  /** This end. */
  readonly localAddr: NetAddress;

  /**
   * Reads what has arrived, at least one byte, waiting for it if there is none. One read at a time.
   *
   * @param p Where the bytes go; not empty.
   * @returns How many bytes were read, or `null` once the peer has closed its side.
   * @throws {Error} If the connection is reset or closed; see {@linkcode asNetworkError}.
   */
  read(p: Uint8Array): Promise<number | null>;

  /**
   * Writes some of the bytes, at least one. When the promise resolves `p` may be used again.
   *
   * @param p What to write; not empty.
   * @returns How many bytes were taken.
   * @throws {Error} If the connection is reset or closed; see {@linkcode asNetworkError}.
   */
  write(p: Uint8Array): Promise<number>;

  /** Tells the peer that nothing more will be written; reading goes on. */
  closeWrite(): Promise<void>;

  /** Closes both sides at once; a read or write that is under way fails. */
  close(): void;

  /** Sends small writes without waiting to fill a segment. */
  setNoDelay(noDelay?: boolean): void;
}

/** A socket that takes connections. */
export interface Listener {
  /** The address that is listened on, with the real port where 0 was asked for. */
  readonly addr: NetAddress;

  /**
   * Waits for the next connection.
   *
   * @throws {Error} If the listener is closed, or the system can't take another connection now.
   */
  accept(): Promise<Connection>;

  /** Stops listening; an `accept` under way fails. */
  close(): void;
}

/** Where to listen. */
export interface ListenOptions {
  /** Address of the interface. @default {"127.0.0.1"} */
  readonly hostname?: string;
  /** Port, 0 for any free one. */
  readonly port: number;
  /**
   * Whether other processes may listen on the same address: the kernel hands each a part of the connections. On Deno
   * this needs `--unstable-net`; on Node it is `node:cluster` that shares an address, and this says nothing.
   *
   * @default {false}
   */
  readonly reusePort?: boolean;
}

/** Whom to connect to. */
export interface ConnectOptions {
  /** Host name or IP address. */
  readonly hostname: string;
  /** Port, 1 to 65535. */
  readonly port: number;
  /** How long to try, in milliseconds. @default {5000} */
  readonly timeoutMs?: number;
}
