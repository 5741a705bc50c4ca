/**
 * The limits that every HTTP server and proxy has.
 *
 * @module
 */

import { NODE_OPTIONS } from "./options_common.ts";
import type { OptionSpec } from "./spec.ts";

/** Limits of every HTTP server and proxy. */
export const HTTP_NODE_OPTIONS = [
  NODE_OPTIONS[1],
  NODE_OPTIONS[2],
  {
    name: "idle-timeout",
    type: "duration",
    default: "1m",
    min: "1ms",
    max: "24h",
    help: "Close a connection that has been silent between requests for so long",
    group: "Limits",
  },
  {
    name: "header-timeout",
    type: "duration",
    default: "10s",
    min: "1ms",
    max: "24h",
    help: "Close a connection whose request head is not whole within this time",
    group: "Limits",
  },
  {
    name: "write-timeout",
    type: "duration",
    default: "30s",
    min: "1ms",
    max: "24h",
    help: "Close a connection that reads nothing of its response within this time",
    group: "Limits",
  },
  {
    name: "max-line-bytes",
    type: "bytes",
    default: "8KiB",
    min: "64",
    max: "1MiB",
    help: "Refuse a longer request line",
    group: "Limits",
  },
  {
    name: "max-header-bytes",
    type: "bytes",
    default: "32KiB",
    min: "256",
    max: "16MiB",
    help: "Refuse more bytes of header fields",
    group: "Limits",
  },
  {
    name: "max-headers",
    type: "integer",
    default: 100,
    min: 1,
    max: 10_000,
    help: "Refuse more header fields",
    group: "Limits",
  },
] as const satisfies readonly OptionSpec[];
