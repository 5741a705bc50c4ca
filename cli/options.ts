/**
 * The one table of programs and their options. Checks, help, "did you mean", shell completion and the configuration
 * file all follow from it: a new option, or a new system, is a new row. (Long, because it is the one place.)
 *
 * @module
 */

import type { CommandSpec, OptionSpec, ProgramName, SystemName } from "./spec.ts";

/** The system that is meant when none is named. */
export const DEFAULT_SYSTEM: SystemName = "table";

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

const TABLE_QUIET_GAP = {
  name: "quiet-gap",
  type: "duration",
  default: "20ms",
  min: "1ms",
  max: "1m",
  help: "Take a message without an end as whole after this silence",
  group: "Limits",
} as const satisfies OptionSpec;

const CALC_QUIET_GAP = {
  name: "quiet-gap",
  type: "duration",
  default: "1s",
  min: "1ms",
  max: "1m",
  help: "Take a packet that is shorter than it says, but whole, after this silence",
  group: "Limits",
} as const satisfies OptionSpec;

/** Limits of every HTTP server and proxy. */
const HTTP_NODE_OPTIONS = [
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

/** Every program for every system. */
export const COMMANDS = [
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
      { name: "step", type: "boolean", short: "s", help: "Wait for Enter after each step" },
      { name: "json", type: "boolean", help: "Print one JSON object a step" },
      ...CLIENT_COMMON_OPTIONS,
    ],
    examples: [
      { command: "demo", help: "The whole story" },
      { command: "demo --step", help: "One step at a time" },
    ],
  },
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
      { name: "step", type: "boolean", short: "s", help: "Wait for Enter after each step" },
      { name: "json", type: "boolean", help: "Print one JSON object a step" },
      // That the server is lost is part of the story.
      ...DEMO_COMMON_OPTIONS,
    ],
    examples: [
      { command: "demo calc", help: "The whole story" },
      { command: "demo calc --step", help: "One step at a time" },
    ],
  },
  {
    program: "server",
    system: "http",
    summary: "Serves the files of a folder over HTTP",
    positionals: [],
    options: [
      LISTEN_HOST,
      { ...LISTEN_PORT, default: 19999 },
      {
        name: "root",
        type: "file",
        short: "r",
        metavar: "DIR",
        default: ".",
        help: "Serve the files below this folder, and nothing outside it",
      },
      {
        name: "cache-control",
        type: "string",
        metavar: "GLOB=VALUE",
        repeats: true,
        help:
          "Send this Cache-Control with the files that match, the first match counting; all others get must-revalidate",
      },
      { name: "listing", type: "boolean", help: "List a folder that has no index.html" },
      ...HTTP_NODE_OPTIONS,
      {
        name: "max-body-bytes",
        type: "bytes",
        default: "64KiB",
        min: "0",
        max: "1GiB",
        help: "Do not read over a longer request body, but close after the response",
        group: "Limits",
      },
      ...COMMON_OPTIONS,
    ],
    examples: [
      { command: "server http --root public", help: "The files of public/ on 127.0.0.1:19999" },
      {
        command:
          "server http --cache-control '*.html=no-cache' --cache-control 'img/**=max-age=60'",
        help: "Other rules for caches on the way",
      },
      { command: "server http --listing --port 8080", help: "With a page for each folder" },
    ],
  },
  {
    program: "proxy",
    system: "http",
    summary: "Passes HTTP on, and answers again by itself what it may keep",
    positionals: [],
    options: [
      LISTEN_HOST,
      { ...LISTEN_PORT, default: 20000 },
      {
        name: "upstream",
        type: "address",
        short: "u",
        metavar: "HOST:PORT",
        repeats: true,
        help: "Stand in front of this server; a forward proxy, for any server, when left out",
        group: "Server",
      },
      {
        name: "forwarded",
        type: "boolean",
        help: "Tell servers the client's address in X-Forwarded-For",
        group: "Server",
      },
      {
        name: "connect-timeout",
        type: "duration",
        default: "5s",
        min: "1ms",
        max: "10m",
        help: "Give up a connection to a server after this time",
        group: "Server",
      },
      {
        name: "first-byte-timeout",
        type: "duration",
        default: "1m",
        min: "1ms",
        max: "1h",
        help: "Give up a server that sends nothing for so long",
        group: "Server",
      },
      {
        name: "cache-bytes",
        type: "bytes",
        default: "256MiB",
        min: "0",
        max: "1024GiB",
        help: "Keep this much, everything counted",
        group: "Cache",
      },
      {
        name: "max-object-bytes",
        type: "bytes",
        default: "16MiB",
        min: "0",
        max: "1024GiB",
        help: "Do not keep a longer body",
        group: "Cache",
      },
      {
        name: "admit-after",
        type: "integer",
        metavar: "N",
        default: 1,
        min: 1,
        max: 1_000_000,
        help: "Keep a response from the N-th request for it within ten minutes",
        group: "Cache",
      },
      {
        name: "heuristic-fraction",
        type: "number",
        default: 0.1,
        min: 0,
        max: 1,
        help: "Take a response that says nothing for fresh for this part of its age",
        group: "Cache",
      },
      {
        name: "targeted",
        type: "boolean",
        help: "Obey CDN-Cache-Control; when nothing is said, in front of a server only",
        group: "Cache",
      },
      {
        name: "serve-stale",
        type: "boolean",
        help:
          "Answer with what is stale when the server can't be reached, though nobody allowed it",
        group: "Cache",
      },
      {
        name: "purge-token",
        type: "string",
        metavar: "TOKEN",
        help: "Obey PURGE from anywhere with this Purge-Token, not from this machine alone",
        group: "Cache",
      },
      ...HTTP_NODE_OPTIONS,
      ...COMMON_OPTIONS,
    ],
    examples: [
      { command: "proxy http", help: "A forward proxy on 127.0.0.1:20000" },
      {
        command: "proxy http --upstream 127.0.0.1:19999 --admit-after 2",
        help: "In front of the file server, keeping what is asked for twice",
      },
    ],
  },
  {
    program: "client",
    system: "http",
    summary: "Asks for a URL, and shows what the caches on the way did",
    positionals: [
      { name: "URL", help: "What to ask for; http:// may be left out" },
    ],
    options: [
      {
        name: "proxy",
        type: "address",
        short: "x",
        metavar: "HOST:PORT",
        help: "Ask this proxy for it",
      },
      {
        name: "method",
        type: "string",
        short: "X",
        metavar: "METHOD",
        help: "Use this method; GET when left out, or POST with --data",
      },
      { name: "head", type: "boolean", short: "I", help: "Ask for the header alone, and print it" },
      {
        name: "header",
        type: "string",
        short: "H",
        metavar: "NAME: VALUE",
        repeats: true,
        help: "Send this header field",
      },
      {
        name: "data",
        type: "string",
        short: "d",
        metavar: "TEXT|@FILE",
        help: "Send this body, or that of a file",
      },
      { name: "include", type: "boolean", short: "i", help: "Print the header before the body" },
      {
        name: "output",
        type: "file",
        short: "o",
        metavar: "FILE",
        help: "Write the body to this file, with a progress bar on a terminal",
      },
      {
        name: "repeat",
        type: "integer",
        short: "n",
        metavar: "N",
        default: 1,
        min: 1,
        max: 1_000_000_000,
        help: "Ask this many times, and print a line a response in place of its body",
      },
      { name: "json", type: "boolean", help: "Print one JSON object a response, without its body" },
      {
        name: "connect-timeout",
        type: "duration",
        default: "5s",
        min: "1ms",
        max: "10m",
        help: "Give up a connection after this time",
      },
      {
        name: "timeout",
        type: "duration",
        default: "1m",
        min: "1ms",
        max: "1h",
        help: "Give up when nothing has come for so long",
      },
      ...CLIENT_COMMON_OPTIONS,
    ],
    examples: [
      { command: "client http 127.0.0.1:19999/1.txt", help: "A file, from the server itself" },
      {
        command: "client http -x 127.0.0.1:20000 --repeat 3 http://127.0.0.1:19999/1.txt",
        help: "Through the proxy: miss, stored, hit",
      },
      { command: "client http -i -H 'Range: bytes=0-9' 127.0.0.1:19999/1.txt", help: "A part" },
    ],
  },
  {
    program: "demo",
    system: "http",
    summary: "Plays a story with a file server, a caching proxy and a client",
    positionals: [],
    options: [
      { name: "step", type: "boolean", short: "s", help: "Wait for Enter after each step" },
      { name: "json", type: "boolean", help: "Print one JSON object a step" },
      ...CLIENT_COMMON_OPTIONS,
    ],
    examples: [
      { command: "demo http", help: "The whole story" },
      { command: "demo http --step", help: "One step at a time" },
    ],
  },
] as const satisfies readonly CommandSpec[];

/** Any row of {@linkcode COMMANDS}, with its literal types. */
export type AnyCommand = typeof COMMANDS[number];

/** The rows of one program. */
export type CommandsOf<P extends ProgramName> = Extract<AnyCommand, { readonly program: P }>;
