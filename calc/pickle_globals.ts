/**
 * The closed list of what a pickle may name: (module, name) to a token that the reader knows. Nothing is looked up
 * anywhere else, and nothing that a token stands for is ever run by the reader. Spec: calc, 2.3 and 2.8.
 *
 * @module
 */

import { FUNCTIONS, type PyFunction } from "./functions.ts";

/** What a name of the list is to the reader. */
export type Global =
  | { readonly kind: "function"; readonly function: PyFunction }
  | { readonly kind: "class"; readonly name: NodeClass }
  | { readonly kind: "exception"; readonly module: string; readonly name: string }
  | {
    readonly kind:
      | "associativity"
      | "getattr"
      | "random"
      | "fraction"
      | "complex"
      | "reconstructor"
      | "object";
  };

/** The classes of the original's `calculator` module whose objects are built from a state. */
export type NodeClass =
  | "Constant"
  | "NamedConstant"
  | "BinaryExpr"
  | "BinaryOperator"
  | "UnaryExpr"
  | "UnaryOperator"
  | "FunctionCallExpr"
  | "Function";

const NODE_CLASSES: readonly NodeClass[] = [
  "Constant",
  "NamedConstant",
  "BinaryExpr",
  "BinaryOperator",
  "UnaryExpr",
  "UnaryOperator",
  "FunctionCallExpr",
  "Function",
];

const EXCEPTIONS =
  ("ArithmeticError AssertionError AttributeError BaseException BlockingIOError BrokenPipeError " +
    "BufferError ChildProcessError ConnectionAbortedError ConnectionError ConnectionRefusedError " +
    "ConnectionResetError EOFError Exception FileExistsError FileNotFoundError FloatingPointError " +
    "ImportError IndexError InterruptedError IsADirectoryError KeyError KeyboardInterrupt LookupError " +
    "MemoryError ModuleNotFoundError NameError NotADirectoryError NotImplementedError OSError " +
    "OverflowError PermissionError ProcessLookupError RecursionError ReferenceError RuntimeError " +
    "StopIteration SyntaxError SystemError TimeoutError TypeError UnboundLocalError " +
    "UnicodeDecodeError UnicodeEncodeError UnicodeError UnicodeTranslateError ValueError " +
    "ZeroDivisionError").split(" ");

/** A name from the closed list, as it stands on the reader's stack. */
export class GlobalName {
  constructor(readonly global: Global) {}
}

const GLOBALS: Map<string, Map<string, GlobalName>> = new Map();

for (const [module, functions] of FUNCTIONS) {
  for (const [name, fn] of functions) allow(module, name, { kind: "function", function: fn });
}
for (const name of NODE_CLASSES) allow("calculator", name, { kind: "class", name });
allow("calculator", "Associativity", { kind: "associativity" });
for (const name of EXCEPTIONS) {
  allow("builtins", name, { kind: "exception", module: "builtins", name });
}
for (
  const [module, name] of [
    ["api", "CalculatorServerError"],
    ["api", "CalculatorClientError"],
    ["struct", "error"],
    ["socket", "gaierror"],
    ["socket", "herror"],
    ["_pickle", "UnpicklingError"],
  ]
) allow(module, name, { kind: "exception", module, name });
allow("builtins", "getattr", { kind: "getattr" });
allow("builtins", "complex", { kind: "complex" });
allow("builtins", "object", { kind: "object" });
allow("random", "Random", { kind: "random" });
allow("fractions", "Fraction", { kind: "fraction" });
allow("copyreg", "_reconstructor", { kind: "reconstructor" });
// Protocols 0 to 2 are written with the names of Python 2.
GLOBALS.set("__builtin__", GLOBALS.get("builtins")!);
GLOBALS.set("exceptions", GLOBALS.get("builtins")!);
GLOBALS.set("copy_reg", GLOBALS.get("copyreg")!);

/** What a name stands for, or `undefined` when the list does not have it. */
export function findGlobal(module: string, name: string): GlobalName | undefined {
  return GLOBALS.get(module)?.get(name);
}

function allow(module: string, name: string, global: Global): void {
  let names = GLOBALS.get(module);
  if (!names) GLOBALS.set(module, names = new Map());
  names.set(name, new GlobalName(global));
}
