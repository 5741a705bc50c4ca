/**
 * The command `halfway` of the npm package: starts the program that its first argument names. A program's modules are
 * loaded only when it is the one, so that each starts as fast as by itself.
 *
 * @module
 */

import process from "node:process";
import type { ProgramName } from "./spec.ts";
import { runProgram } from "./run.ts";

interface Program {
  main(argv: readonly string[]): Promise<number | void>;
}

const PROGRAMS: Readonly<Record<ProgramName, () => Promise<Program>>> = {
  server: () => import("../server.ts"),
  proxy: () => import("../proxy.ts"),
  client: () => import("../client.ts"),
  demo: () => import("./demo.ts"),
};

async function launch(): Promise<number | void> {
  const [word, ...rest] = process.argv.slice(2);
  switch (word) {
    case undefined:
    case "help":
    case "--help":
    case "-h":
      return await showOverview(word === undefined);
    case "--version":
    case "-V":
      return await showVersion();
    case "completion":
      return await showCompletion(rest[0]);
    case "hash": {
      const { main } = await import("./hash.ts");
      return await main(rest);
    }
    default: {
      const { parseProgramName } = await import("./argv.ts");
      const { main } = await PROGRAMS[parseProgramName(word)]();
      return await main(rest);
    }
  }
}

/** The overview is what was asked for, or what a command line without a program gets instead. */
async function showOverview(isMistake: boolean): Promise<number> {
  const [{ overviewPage }, { createOutput, usesColor }] = await Promise.all([
    import("./help.ts"),
    import("./output.ts"),
  ]);
  const { stdout, stderr } = process;
  const output = createOutput();
  const color = usesColor(isMistake ? stderr : stdout);
  const page = overviewPage({ width: output.width, color }).trimEnd();
  if (isMistake) output.talk(page);
  else output.data(page);
  return isMistake ? 2 : 0;
}

async function showVersion(): Promise<void> {
  const [{ VERSION }, { createOutput }] = await Promise.all([
    import("./version.ts"),
    import("./output.ts"),
  ]);
  createOutput().data(`halfway ${VERSION}`);
}

async function showCompletion(shell: string | undefined): Promise<void> {
  const [{ completionScript, SHELLS }, { createOutput }, { UsageError }, { orList }] = await Promise
    .all([
      import("./completion.ts"),
      import("./output.ts"),
      import("../net/errors.ts"),
      import("./values.ts"),
    ]);
  if (shell === undefined) {
    throw new UsageError(`completion needs a shell: expected ${orList(SHELLS)}`);
  }
  createOutput().data(completionScript(shell).trimEnd());
}

// Node before 24.2 can't say whether a module is the program itself: this one is never anything else.
await runProgram(launch);
