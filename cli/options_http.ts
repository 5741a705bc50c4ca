/**
 * The programs of the HTTP system and their options.
 *
 * @module
 */

import {
  CLIENT_COMMON_OPTIONS,
  COMMON_OPTIONS,
  LISTEN_HOST,
  LISTEN_PORT,
  STORY_OPTIONS,
} from "./options_common.ts";
import { HTTP_NODE_OPTIONS } from "./options_http_limits.ts";
import { HTTP_PROXY_COMMAND } from "./options_http_proxy.ts";
import type { CommandSpec } from "./spec.ts";

/** The rows of the HTTP system. */
export const HTTP_COMMANDS = [
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
  HTTP_PROXY_COMMAND,
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
        name: "proxy-user",
        type: "string",
        metavar: "USER:PASSWORD",
        secret: true,
        help: "Say this to a proxy that asks who you are; others can see what you type here",
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
      ...STORY_OPTIONS,
      ...CLIENT_COMMON_OPTIONS,
    ],
    examples: [
      { command: "demo http", help: "The whole story" },
      { command: "demo http --step", help: "One step at a time" },
    ],
  },
] as const satisfies readonly CommandSpec[];
