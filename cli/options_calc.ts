/**
 * The programs of the calculator system and their options.
 *
 * @module
 */

import {
  CLIENT_COMMON_OPTIONS,
  COMMON_OPTIONS,
  DEMO_COMMON_OPTIONS,
  LIMIT_OPTIONS,
  LISTEN_HOST,
  LISTEN_PORT,
  STORY_OPTIONS,
} from "./options_common.ts";
import type { CommandSpec, OptionSpec } from "./spec.ts";

const CALC_QUIET_GAP = {
  name: "quiet-gap",
  type: "duration",
  default: "1s",
  min: "1ms",
  max: "1m",
  help: "Take a packet that is shorter than it says, but whole, after this silence",
  group: "Limits",
} as const satisfies OptionSpec;

/** The rows of the calculator system. */
export const CALC_COMMANDS = [
  {
    program: "server",
    system: "calc",
    summary: "Evaluates expressions, step by step",
    positionals: [],
    options: [
      LISTEN_HOST,
      { ...LISTEN_PORT, default: 9999 },
      {
        name: "budget",
        type: "duration",
        default: "1s",
        min: "1ms",
        max: "1h",
        help: "Give up an evaluation that takes more of the processor than this",
        group: "Limits",
      },
      ...LIMIT_OPTIONS,
      CALC_QUIET_GAP,
      ...COMMON_OPTIONS,
    ],
    examples: [
      { command: "server calc", help: "On 127.0.0.1:9999" },
      { command: "server calc --budget 100ms", help: "For short expressions only" },
    ],
  },
  {
    program: "proxy",
    system: "calc",
    summary: "Keeps the calculator's answers, and asks its server only for those that it lacks",
    positionals: [],
    options: [
      LISTEN_HOST,
      { ...LISTEN_PORT, default: 9998 },
      {
        name: "upstream",
        type: "address",
        short: "u",
        metavar: "HOST:PORT",
        default: "127.0.0.1:9999",
        help: "The server to ask",
        group: "Server",
      },
      {
        name: "retries",
        type: "integer",
        default: 4,
        min: 0,
        max: 1_000,
        help: "Try again this often when the server refuses or breaks",
        group: "Server",
      },
      {
        name: "retry-delay",
        type: "duration",
        default: "500ms",
        min: "1ms",
        max: "1m",
        help: "Wait this long before trying again",
        group: "Server",
      },
      {
        name: "connections",
        type: "integer",
        default: 32,
        min: 1,
        max: 10_000,
        help: "Ask the server over at most this many connections at a time",
        group: "Server",
      },
      {
        name: "connect-timeout",
        type: "duration",
        default: "2s",
        min: "1ms",
        max: "10m",
        help: "Give up a connection to the server after this time",
        group: "Server",
      },
      {
        name: "reply-timeout",
        type: "duration",
        default: "30s",
        min: "1ms",
        max: "1h",
        help: "Give up waiting for the server's answer after this time",
        group: "Server",
      },
      {
        name: "capacity",
        type: "integer",
        short: "c",
        default: 1_000,
        min: 1,
        max: 10_000_000,
        help: "Keep this many answers; the least recently used makes room",
        group: "Cache",
      },
      {
        name: "cache-bytes",
        type: "bytes",
        default: "64MiB",
        min: "1KiB",
        max: "64GiB",
        help: "Keep this much, requests and answers together",
        group: "Cache",
      },
      {
        name: "error-ttl",
        type: "duration",
        default: "1m",
        min: "0",
        max: "24h",
        help: "Keep an answer that is an error for so long",
        group: "Cache",
      },
      {
        name: "stale-if-error",
        type: "boolean",
        help: "Give a stale answer when the server cannot be reached",
        group: "Cache",
      },
      ...LIMIT_OPTIONS,
      CALC_QUIET_GAP,
      ...COMMON_OPTIONS,
    ],
    examples: [
      { command: "proxy calc", help: "On 127.0.0.1:9998, for the server on port 9999" },
      {
        command: "proxy calc --capacity 50 --stale-if-error",
        help: "A small cache that also helps when the server is away",
      },
    ],
  },
  {
    program: "client",
    system: "calc",
    summary:
      "Has expressions evaluated: one from the command line, or many from a prompt or a pipe",
    positionals: [
      {
        name: "EXPRESSION",
        optional: true,
        repeats: true,
        help: "Such as 'max(2, 3) + 3'; a prompt when left out",
      },
    ],
    options: [
      { ...LISTEN_HOST, help: "The proxy's name or address, or the server's" },
      { ...LISTEN_PORT, default: 9998, min: 1, help: "The proxy's port, or the server's" },
      { name: "steps", type: "boolean", default: true, help: "Ask for every step" },
      {
        name: "cache",
        type: "boolean",
        default: true,
        help: "Take a cached answer, and let the proxy keep a new one",
      },
      {
        name: "max-age",
        type: "integer",
        metavar: "SECONDS",
        min: 0,
        max: 65_534,
        help:
          "Take a cached answer up to this old; 0 has a new one made and kept; any age if left out",
      },
      {
        name: "timeout",
        type: "duration",
        default: "30s",
        min: "1ms",
        max: "1h",
        help: "Give up a connection or an answer after this time",
      },
      { name: "json", type: "boolean", help: "Print one JSON object an answer" },
      ...CLIENT_COMMON_OPTIONS,
    ],
    examples: [
      { command: 'client calc "max(2, 3) + 3"', help: "The result and every step" },
      { command: 'client calc --no-steps "2 ** 100"', help: "The result alone" },
      { command: 'client calc --port 9999 "-2 ** 2"', help: "From the server itself" },
      { command: "client calc", help: "A prompt; Ctrl-D leaves" },
    ],
  },
  {
    program: "demo",
    system: "calc",
    summary: "Starts all three nodes on free ports, calculates with them, and shows the wire",
    positionals: [],
    options: [
      ...STORY_OPTIONS,
      // That the server is lost is part of the story.
      ...DEMO_COMMON_OPTIONS,
    ],
    examples: [
      { command: "demo calc", help: "The whole story" },
      { command: "demo calc --step", help: "One step at a time" },
    ],
  },
] as const satisfies readonly CommandSpec[];
