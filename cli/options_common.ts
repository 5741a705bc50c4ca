/**
 * Options that the rows of several programs share.
 *
 * @module
 */

import type { OptionSpec } from "./spec.ts";

/** The options of every program. */
export const COMMON_OPTIONS = [
  {
    name: "config",
    type: "file",
    metavar: "FILE",
    help: "Read settings from a JSON file; comments are allowed",
    config: false,
    group: "General",
  },
  {
    name: "check-config",
    type: "boolean",
    help: "Print the settings and where each comes from, and stop",
    env: false,
    config: false,
    group: "General",
  },
  {
    name: "log-level",
    type: "choice",
    choices: ["debug", "info", "warning", "error", "off"],
    default: "info",
    help: "Log this level and above, on stderr",
    group: "General",
  },
  {
    name: "log-format",
    type: "choice",
    choices: ["text", "json"],
    default: "text",
    help: "Log lines for people, or one JSON object a line",
    group: "General",
  },
  {
    name: "no-color",
    type: "boolean",
    help: "Print without colours",
    env: "NO_COLOR",
    group: "General",
  },
  {
    name: "version",
    type: "boolean",
    help: "Print the version and stop",
    env: false,
    config: false,
    group: "General",
  },
  {
    name: "help",
    type: "boolean",
    short: "h",
    help: "Print this page and stop",
    env: false,
    config: false,
    group: "General",
  },
] as const satisfies readonly OptionSpec[];

/** The common options of the client, whose terminal belongs to the answers: it logs warnings only. */
export const CLIENT_COMMON_OPTIONS = [
  COMMON_OPTIONS[0],
  COMMON_OPTIONS[1],
  { ...COMMON_OPTIONS[2], default: "warning" },
  COMMON_OPTIONS[3],
  COMMON_OPTIONS[4],
  COMMON_OPTIONS[5],
  COMMON_OPTIONS[6],
] as const satisfies readonly OptionSpec[];

/** The common options of a demo that tells of failures itself: it logs nothing. */
export const DEMO_COMMON_OPTIONS = [
  COMMON_OPTIONS[0],
  COMMON_OPTIONS[1],
  { ...COMMON_OPTIONS[2], default: "off" },
  COMMON_OPTIONS[3],
  COMMON_OPTIONS[4],
  COMMON_OPTIONS[5],
  COMMON_OPTIONS[6],
] as const satisfies readonly OptionSpec[];

/** The address that a server or a proxy listens on; the port's default is each command's own. */
export const LISTEN_HOST = {
  name: "host",
  type: "string",
  metavar: "HOST",
  default: "127.0.0.1",
  help: "Listen on this name or address",
} as const satisfies OptionSpec;

/** The port that a server or a proxy listens on, without its default. */
export const LISTEN_PORT = {
  name: "port",
  type: "integer",
  short: "p",
  min: 0,
  max: 65535,
  help: "Listen on this port; 0 takes any free one",
} as const satisfies OptionSpec;

/** The limits of every server and proxy. */
export const LIMIT_OPTIONS = [
  {
    name: "drain-timeout",
    type: "duration",
    default: "10s",
    min: "0",
    max: "1h",
    help: "On Ctrl-C, let open requests finish for so long",
    group: "Limits",
  },
  {
    name: "max-connections",
    type: "integer",
    default: 1024,
    min: 1,
    max: 1_000_000,
    help: "Refuse connections beyond this many",
    group: "Limits",
  },
  {
    name: "idle-timeout",
    type: "duration",
    default: "5m",
    min: "1ms",
    max: "24h",
    help: "Close a connection that has been silent for so long",
    group: "Limits",
  },
  {
    name: "frame-timeout",
    type: "duration",
    default: "10s",
    min: "1ms",
    max: "24h",
    help: "Close a connection whose message does not end within this time",
    group: "Limits",
  },
  {
    name: "write-timeout",
    type: "duration",
    default: "30s",
    min: "1ms",
    max: "24h",
    help: "Close a connection that does not read its reply within this time",
    group: "Limits",
  },
] as const satisfies readonly OptionSpec[];

/** What every server and proxy has, besides its address, that prints what it holds. */
export const NODE_OPTIONS = [
  {
    name: "quiet",
    type: "boolean",
    short: "q",
    help: "Do not print the table whenever it changes",
  },
  ...LIMIT_OPTIONS,
] as const satisfies readonly OptionSpec[];

/** The limit on one message. */
export const MAX_FRAME_BYTES = {
  name: "max-frame-bytes",
  type: "bytes",
  default: "64KiB",
  min: "16",
  max: "1GiB",
  help: "Refuse a longer message",
  group: "Limits",
} as const satisfies OptionSpec;

/** What every demo has of its own. */
export const STORY_OPTIONS = [
  { name: "step", type: "boolean", short: "s", help: "Wait for Enter after each step" },
  { name: "json", type: "boolean", help: "Print one JSON object a step" },
] as const satisfies readonly OptionSpec[];
