/**
 * Sockets on Node: `node:net` brought to the same shape as Deno's, with back-pressure, half-close and resets. The one
 * file that names `node:net`.
 *
 * @module
 */

import { createServer, type Server, Socket } from "node:net";
import type {
  Connection,
  ConnectOptions,
  Listener,
  ListenOptions,
  NetAddress,
} from "./connection.ts";
import { ClosedError, TimeoutError } from "./errors.ts";
import { asBindError, asConnectError } from "./network_errors.ts";
import { formatAddress } from "./address.ts";

const DEFAULT_CONNECT_TIMEOUT_MS = 5_000;

/** Bytes that may wait unread before the socket is told to pause. */
const HIGH_WATER_BYTES = 64 * 1024;

/** Connections that may wait in the kernel to be accepted. */
const BACKLOG = 1024;

const EMPTY = new Uint8Array(0);

interface Waiter<T> {
  resolve(value: T): void;
  reject(error: unknown): void;
}

/** A `node:net` socket that is read by pulling. */
class NodeConnection implements Connection {
  readonly remoteAddr: NetAddress;
  readonly localAddr: NetAddress;
  readonly #socket: Socket;
  /** Chunks that have arrived before anyone asked. */
  readonly #chunks: Uint8Array[] = [];
  #queuedBytes = 0;
  #paused = false;
  #ended = false;
  #closed = false;
  #error: unknown = null;
  #reader: (Waiter<number | null> & { target: Uint8Array }) | null = null;
  #writer: Waiter<number> | null = null;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.remoteAddr = { hostname: socket.remoteAddress ?? "", port: socket.remotePort ?? 0 };
    this.localAddr = { hostname: socket.localAddress ?? "", port: socket.localPort ?? 0 };
    socket.on("data", (chunk: Uint8Array) => this.#onData(chunk));
    socket.on("end", () => {
      this.#ended = true;
      this.#settleReader();
    });
    socket.on("error", (error: Error) => this.#onGone(error));
    socket.on("close", () => this.#onGone(null));
  }

  #onData(chunk: Uint8Array): void {
    const reader = this.#reader;
    if (reader !== null && chunk.length <= reader.target.length) {
      this.#reader = null;
      reader.target.set(chunk);
      reader.resolve(chunk.length);
      return;
    }
    this.#chunks.push(chunk);
    this.#queuedBytes += chunk.length;
    if (reader !== null) {
      this.#settleReader();
    }
    if (this.#queuedBytes >= HIGH_WATER_BYTES && !this.#paused) {
      this.#paused = true;
      this.#socket.pause();
    }
  }

  #onGone(error: unknown): void {
    this.#closed = true;
    this.#error ??= error;
    const writer = this.#writer;
    this.#writer = null;
    writer?.reject(this.#gone());
    this.#settleReader();
  }

  #gone(): unknown {
    return this.#error ?? new ClosedError("Connection is closed");
  }

  /** Copies from the waiting chunks into `target`. */
  #take(target: Uint8Array): number {
    let filled = 0;
    while (filled < target.length && this.#chunks.length > 0) {
      const chunk = this.#chunks[0];
      const room = target.length - filled;
      if (chunk.length <= room) {
        target.set(chunk, filled);
        filled += chunk.length;
        this.#chunks.shift();
      } else {
        target.set(chunk.subarray(0, room), filled);
        this.#chunks[0] = chunk.subarray(room);
        filled = target.length;
      }
    }
    this.#queuedBytes -= filled;
    if (this.#paused && this.#queuedBytes < HIGH_WATER_BYTES) {
      this.#paused = false;
      this.#socket.resume();
    }
    return filled;
  }

  #settleReader(): void {
    const reader = this.#reader;
    if (reader === null) return;
    if (this.#queuedBytes > 0) {
      this.#reader = null;
      reader.resolve(this.#take(reader.target));
    } else if (this.#ended) {
      this.#reader = null;
      reader.resolve(null);
    } else if (this.#closed) {
      this.#reader = null;
      reader.reject(this.#gone());
    }
  }

  read(p: Uint8Array): Promise<number | null> {
    if (this.#queuedBytes > 0) return Promise.resolve(this.#take(p));
    if (this.#ended) return Promise.resolve(null);
    if (this.#closed) return Promise.reject(this.#gone());
    return new Promise((resolve, reject) => {
      this.#reader = { resolve, reject, target: p };
    });
  }

  write(p: Uint8Array): Promise<number> {
    if (this.#closed) return Promise.reject(this.#gone());
    const socket = this.#socket;
    socket.write(p);
    // With nothing left in the stream's own queue the kernel has it all, and `p` is free again.
    if (socket.writableLength === 0) return Promise.resolve(p.length);
    return new Promise((resolve, reject) => {
      this.#writer = { resolve, reject };
      // An empty write is called back once all that was written before it has gone out.
      socket.write(EMPTY, (error) => {
        const writer = this.#writer;
        this.#writer = null;
        if (error) writer?.reject(error);
        else writer?.resolve(p.length);
      });
    });
  }

  closeWrite(): Promise<void> {
    if (this.#closed) return Promise.reject(this.#gone());
    return new Promise((resolve) => this.#socket.end(() => resolve()));
  }

  close(): void {
    this.#closed = true;
    this.#socket.destroy();
    this.#settleReader();
  }

  setNoDelay(noDelay?: boolean): void {
    this.#socket.setNoDelay(noDelay);
  }
}

/** A `node:net` server that is accepted from by pulling. */
class NodeListener implements Listener {
  readonly addr: NetAddress;
  readonly #server: Server;
  readonly #arrived: Connection[] = [];
  #acceptor: Waiter<Connection> | null = null;
  #closed = false;

  constructor(server: Server, addr: NetAddress) {
    this.#server = server;
    this.addr = addr;
    server.on("connection", (socket: Socket) => {
      const connection = new NodeConnection(socket);
      const acceptor = this.#acceptor;
      this.#acceptor = null;
      if (acceptor !== null) acceptor.resolve(connection);
      else if (this.#closed) connection.close();
      else this.#arrived.push(connection);
    });
    server.on("error", (error: Error) => {
      const acceptor = this.#acceptor;
      this.#acceptor = null;
      acceptor?.reject(error);
    });
  }

  accept(): Promise<Connection> {
    const next = this.#arrived.shift();
    if (next !== undefined) return Promise.resolve(next);
    if (this.#closed) return Promise.reject(new ClosedError("Listener is closed"));
    return new Promise((resolve, reject) => {
      this.#acceptor = { resolve, reject };
    });
  }

  close(): void {
    this.#closed = true;
    this.#server.close();
    for (const connection of this.#arrived.splice(0)) connection.close();
    const acceptor = this.#acceptor;
    this.#acceptor = null;
    acceptor?.reject(new ClosedError("Listener is closed"));
  }
}

/**
 * Listens for TCP connections.
 *
 * @throws {BindError} If the address can't be had.
 */
export function listen(options: ListenOptions): Promise<Listener> {
  const { hostname = "127.0.0.1", port } = options;
  return new Promise((resolve, reject) => {
    const server = createServer({ allowHalfOpen: true, noDelay: true });
    const refuse = (error: Error) => reject(asBindError(error, { hostname, port }));
    server.once("error", refuse);
    server.listen({ host: hostname, port, backlog: BACKLOG }, () => {
      server.off("error", refuse);
      const addr = server.address();
      const bound = addr !== null && typeof addr === "object" ? addr.port : port;
      resolve(new NodeListener(server, { hostname, port: bound }));
    });
  });
}

/**
 * Opens a TCP connection, with small writes sent at once.
 *
 * @throws {ConnectError} If it can't be made.
 * @throws {TimeoutError} If it is not made in time.
 */
export function connect(options: ConnectOptions): Promise<Connection> {
  const { hostname, port, timeoutMs = DEFAULT_CONNECT_TIMEOUT_MS } = options;
  return new Promise((resolve, reject) => {
    const socket = new Socket({ allowHalfOpen: true });
    const timer = setTimeout(() => {
      socket.destroy();
      reject(
        new TimeoutError(
          `Cannot connect to ${formatAddress(options)}: no answer within ${timeoutMs} ms`,
        ),
      );
    }, timeoutMs);
    const refuse = (error: Error) => {
      clearTimeout(timer);
      socket.destroy();
      reject(asConnectError(error, options));
    };
    socket.once("error", refuse);
    socket.connect({ host: hostname, port }, () => {
      clearTimeout(timer);
      socket.off("error", refuse);
      socket.setNoDelay(true);
      resolve(new NodeConnection(socket));
    });
  });
}
