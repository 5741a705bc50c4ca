/**
 * The programs of the table system and their options.
 *
 * @module
 */

import {
  CLIENT_COMMON_OPTIONS,
  COMMON_OPTIONS,
  LISTEN_HOST,
  LISTEN_PORT,
  MAX_FRAME_BYTES,
  NODE_OPTIONS,
  STORY_OPTIONS,
} from "./options_common.ts";
import type { CommandSpec, OptionSpec } from "./spec.ts";

const TABLE_QUIET_GAP = {
  name: "quiet-gap",
  type: "duration",
  default: "20ms",
  min: "1ms",
  max: "1m",
  help: "Take a message without an end as whole after this silence",
  group: "Limits",
} as const satisfies OptionSpec;

/** The rows of the table system. */
export const TABLE_COMMANDS = [
  {
    program: "server",
    system: "table",
    summary: "Holds the table: one integer an index",
    positionals: [],
    options: [
      LISTEN_HOST,
      { ...LISTEN_PORT, default: 6002 },
      {
        name: "size",
        type: "integer",
        default: 10,
        min: 1,
        max: 1_000_000,
        help: "Hold this many entries",
      },
      {
        name: "fill",
        type: "string",
        metavar: "LIST|FILE",
        help: "Start with these integers, such as 11,12,13, or those of a file",
      },
      ...NODE_OPTIONS,
      MAX_FRAME_BYTES,
      TABLE_QUIET_GAP,
      ...COMMON_OPTIONS,
    ],
    examples: [
      { command: "server", help: "A table of 10 empty entries on 127.0.0.1:6002" },
      { command: "server --fill 11,12,13 --port 7000", help: "The first three entries set" },
      {
        command: "server --host :: --log-level warning --quiet",
        help: "For all who can reach this machine, and silent",
      },
    ],
  },
  {
    program: "proxy",
    system: "table",
    summary: "Keeps a part of the server's table, and asks the server only for what it lacks",
    positionals: [],
    options: [
      LISTEN_HOST,
      { ...LISTEN_PORT, default: 6001 },
      {
        name: "upstream",
        type: "address",
        short: "u",
        metavar: "HOST:PORT",
        default: "127.0.0.1:6002",
        help: "The server to ask",
        group: "Server",
      },
      {
        name: "upstream-dialect",
        type: "choice",
        choices: ["standard", "bare", "colon"],
        default: "standard",
        help: "The form of the messages that the server understands",
        group: "Server",
      },
      {
        name: "keep-on-reconnect",
        type: "boolean",
        help: "Keep the cache when the server was lost and came back",
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
        default: "2s",
        min: "1ms",
        max: "10m",
        help: "Give up waiting for the server's reply after this time",
        group: "Server",
      },
      {
        name: "retry-time",
        type: "duration",
        default: "2s",
        min: "0",
        max: "10m",
        help: "Repeat what may be repeated for so long in all",
        group: "Server",
      },
      {
        name: "capacity",
        type: "integer",
        short: "c",
        default: 5,
        min: 1,
        max: 1_000_000,
        help: "Keep this many entries",
        group: "Cache",
      },
      {
        name: "eviction",
        type: "choice",
        choices: ["lru", "fifo"],
        default: "lru",
        help: "Overwrite the least recently used entry, or the oldest arrival",
        group: "Cache",
      },
      {
        name: "size",
        type: "integer",
        min: 1,
        max: 1_000_000,
        help: "Refuse indices from this one on, without asking the server",
        group: "Cache",
      },
      ...NODE_OPTIONS,
      MAX_FRAME_BYTES,
      TABLE_QUIET_GAP,
      ...COMMON_OPTIONS,
    ],
    examples: [
      { command: "proxy", help: "5 entries on 127.0.0.1:6001, from the server on port 6002" },
      {
        command: "proxy --upstream 10.0.0.7:6002 --capacity 100 --eviction fifo",
        help: "Another server, a larger cache",
      },
    ],
  },
  {
    program: "client",
    system: "table",
    summary:
      "Sends messages to a proxy: one from the command line, or many from a prompt or a pipe",
    positionals: [
      {
        name: "OPERATION",
        choices: ["get", "put", "add", "clear", "inf"],
        optional: true,
        help: "get, put, add, clear or inf, or a raw message; a prompt when left out",
      },
      {
        name: "ARGUMENT",
        optional: true,
        repeats: true,
        help: "Indices for get and add, INDEX=VALUE for put",
      },
    ],
    options: [
      { ...LISTEN_HOST, help: "The proxy's name or address" },
      { ...LISTEN_PORT, default: 6001, min: 1, help: "The proxy's port" },
      {
        name: "timeout",
        type: "duration",
        default: "5s",
        min: "1ms",
        max: "1h",
        help: "Give up a connection or a reply after this time",
      },
      {
        name: "repeat",
        type: "integer",
        short: "n",
        metavar: "N",
        default: 1,
        min: 1,
        max: 1_000_000_000,
        help: "Send the message this many times",
      },
      { name: "time", type: "boolean", short: "t", help: "Say how long each reply took" },
      { name: "json", type: "boolean", help: "Print one JSON object a reply" },
      ...CLIENT_COMMON_OPTIONS,
    ],
    examples: [
      { command: "client", help: "A prompt; Tab completes, Ctrl-D leaves" },
      { command: "client get 1 3", help: "Two entries" },
      { command: "client put 1=5 3=-7", help: "Set two entries" },
      { command: 'client "OP=ADD;IND=0,1;"', help: "A raw message" },
    ],
  },
  {
    program: "demo",
    system: "table",
    summary: "Starts all three nodes on free ports, plays a story with them, and shows the wire",
    positionals: [],
    options: [
      ...STORY_OPTIONS,
      ...CLIENT_COMMON_OPTIONS,
    ],
    examples: [
      { command: "demo", help: "The whole story" },
      { command: "demo --step", help: "One step at a time" },
    ],
  },
] as const satisfies readonly CommandSpec[];
