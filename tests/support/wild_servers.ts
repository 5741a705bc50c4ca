/**
 * Stand-ins for servers in the wild that speak the other dialects, with their manners: one `read` is one message, and
 * one `write` is one reply.
 *
 * @module
 */

import { ScriptedServer } from "./scripted_server.ts";
import type { Wire } from "./wire.ts";

/** What a stand-in holds and has been asked. */
export interface WildState {
  readonly values: Map<number, number>;
  readonly asked: string[];
}

/** How a stand-in behaves. */
export interface WildOptions {
  /** Closes the connection after each reply. */
  readonly closes?: boolean;
  /** The port to listen on, any free one if left out. */
  readonly port?: number;
  /** Says something else than it should, for some messages. */
  readonly instead?: (message: string) => string | null | undefined;
}

async function start(
  state: WildState,
  options: WildOptions,
  answer: (message: string) => string | null,
): Promise<ScriptedServer> {
  return await ScriptedServer.start(async (wire: Wire) => {
    for (;;) {
      const message = await wire.some();
      if (message === null) return;
      state.asked.push(message);
      const other = options.instead?.(message);
      const reply = other === undefined ? answer(message) : other;
      if (reply === null) return void await wire.rest(true);
      await wire.send(reply);
      if (options.closes) return;
    }
  }, options.port);
}

/** A server of the bare dialect: a last `;` makes it wait for ever. */
export function startBareServer(
  state: WildState,
  options: WildOptions = {},
): Promise<ScriptedServer> {
  return start(state, options, (message) => {
    if (message.endsWith(";") || message.endsWith("\n")) return null;
    const pieces = new Map(message.split(";").map((piece) => piece.split("=") as [string, string]));
    const indices = pieces.get("IND")?.split(",").map(Number) ?? [];
    const data = pieces.get("DATA")?.split(",").map(Number) ?? [];
    const { values } = state;
    if (indices.some((index) => !(index >= 0 && index < 10))) return "CODE=500";
    if (pieces.get("OP") === "CLR") {
      values.clear();
      return "OP=CLR;CODE=200";
    }
    if (pieces.get("OP") === "PUT") {
      indices.forEach((index, i) => values.set(index, data[i]));
      return `${message};CODE=200`;
    }
    if (indices.some((index) => !values.has(index))) return "CODE=404";
    return `OP=GET;IND=${indices};DATA=${indices.map((index) => values.get(index))};CODE=200`;
  });
}

/** A server of the colon dialect: one index a message, and a reply is an integer alone. */
export function startColonServer(
  state: WildState,
  options: WildOptions = {},
): Promise<ScriptedServer> {
  return start(state, options, (message) => {
    const [op, index, value] = message.split(":");
    const { values } = state;
    if (op === "CLR") {
      values.clear();
      return "-";
    }
    if (op === "PUT") values.set(Number(index), Number(value));
    return String(values.get(Number(index)) ?? "-");
  });
}
