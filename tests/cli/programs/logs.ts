// Logs many lines and ends at once, in the way that its argument names.
import process from "node:process";
import { startLogging } from "../../../cli/logging.ts";
import { Observer } from "../../../observe/observer.ts";

const observer = new Observer();
startLogging({ logLevel: "info", logFormat: "text" }).attach(observer);
for (let i = 0; i < 3000; i++) {
  observer.node?.({ type: "node.listening", node: "table server", timeMs: 0, text: `line ${i}` });
}
if (process.argv[2] === "exit") process.exit(0);
if (process.argv[2] === "throw") throw new Error("on purpose");
