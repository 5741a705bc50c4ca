/**
 * What a proxy's parent process and its workers say to each other, as JSON over the channel between them.
 *
 * @module
 */

import type { ErrorCode } from "../net/errors.ts";
import type { HttpProxyOptions } from "../http/proxy/proxy.ts";
import type { PastPurge, Purge } from "../http/store/purges.ts";
import type { LoggingOptions } from "./logging.ts";

/** The word after the program's name that makes a process with a channel a worker. It names no system. */
export const WORKER_WORD = "worker";

/** What a worker works by: the parent has read it from the command line, and no worker reads it anew. */
export interface WorkerSettings {
  /** How the proxy works; plain values only. */
  readonly proxy: HttpProxyOptions;
  /** How it logs. */
  readonly logging: LoggingOptions;
  /** How long open requests may take to finish, in milliseconds. */
  readonly drainTimeoutMs: number;
}

/** From the parent. */
export type ToWorker =
  /** Be worker `worker`, from 1, and serve nothing from a disk that was stored before it was purged. */
  | {
    readonly type: "start";
    readonly worker: number;
    readonly settings: WorkerSettings;
    readonly pastPurges: readonly PastPurge[];
  }
  /** Finish what is under way and end; a connection may begin one more request for `patienceMs`. */
  | { readonly type: "drain"; readonly patienceMs: number }
  /** End at once. */
  | { readonly type: "close" }
  /** Nothing more comes: the word that it has drained is heard. */
  | { readonly type: "leave" }
  /** Another worker announces. */
  | { readonly type: "purge"; readonly id: number; readonly purges: readonly Purge[] }
  /** What came of this worker's own announcement: `error` is a sentence. */
  | {
    readonly type: "announced";
    readonly id: number;
    readonly count: number;
    readonly error?: string;
  };

/** From a worker. */
export type FromWorker =
  /** It runs and can be told to start. */
  | { readonly type: "ready" }
  /** It serves; `text` says where. */
  | { readonly type: "listening"; readonly text: string }
  /** It listens no more, and holds no connection. */
  | { readonly type: "drained" }
  /** It could not start, and ends. */
  | { readonly type: "failed"; readonly code: ErrorCode | null; readonly message: string }
  /** All other workers shall purge. */
  | { readonly type: "announce"; readonly id: number; readonly purges: readonly Purge[] }
  /** It has purged, as the parent asked; `error` is a sentence. */
  | {
    readonly type: "purged";
    readonly id: number;
    readonly count: number;
    readonly error?: string;
  };
