/**
 * Halfway: clients, caching proxies and servers over plain TCP, as a library.
 *
 * Start a node with `startTableServer` or `startTableProxy`, talk to it with `TableClient`; so for the calculator with
 * `startCalcServer`, `startCalcProxy` and `CalcClient`, and for HTTP with `startFileServer`, `startHttpProxy` and
 * `HttpClient`. Each node takes an `Observer` that is told what happens. The ground that they stand on is here too, for a
 * protocol of your own. The calculator's packets, trees and numbers stand together under the name `calc`; HTTP's messages
 * and the rules of its cache under `http`.
 *
 * @example
 * ```ts
 * import { startTableProxy, startTableServer, TableClient } from "@halfway/proxy";
 *
 * await using server = await startTableServer({ port: 0 });
 * await using proxy = await startTableProxy({ port: 0, upstream: server.addr });
 * using client = new TableClient({ address: proxy.addr });
 * await client.put([[1, 5], [3, 7]]);
 * console.log(await client.get([3, 1])); // [7, 5]
 * ```
 *
 * @module
 */

export * from "./table/mod.ts";
export * as calc from "./calc/mod.ts";
export * from "./calc/nodes.ts";
export {
  type Associativity,
  type BinaryExpr,
  type BinaryOperator,
  CalcError,
  type Callable,
  type Constant,
  type ErrorStatus,
  type ExceptionArg,
  type Expression,
  ExpressionSyntaxError,
  Fraction,
  type FunctionCallExpr,
  type NamedConstant,
  type NamedFunction,
  type Operation,
  PyException,
  type PyFunction,
  type PyNumber,
  type RandomFunction,
  type RandomState,
  type UnaryExpr,
  type UnaryOperator,
} from "./calc/mod.ts";
export * as http from "./http/mod.ts";
export * from "./http/nodes.ts";
export * from "./net/mod.ts";
export * from "./cache/mod.ts";
export * from "./observe/mod.ts";
