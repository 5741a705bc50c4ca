/**
 * The calculator system: a server that evaluates expressions step by step, a proxy that keeps its answers, a client; and
 * what they are made of, without a socket: packets, pickles, expressions, and how they are evaluated.
 *
 * @example
 * ```ts
 * import { calc, CalcClient, startCalcServer } from "@halfway/proxy";
 *
 * await using server = await startCalcServer({ port: 0 });
 * using client = new CalcClient({ address: server.addr });
 * const max = calc.NAMED_FUNCTIONS.get("max")!;
 * const tree = calc.binary(calc.ADD, calc.call(max, 2n, 3n), 3n);
 * console.log((await client.evaluate(tree)).steps); // ["max(2, 3) + 3", "3 + 3", "6"]
 * ```
 *
 * @module
 */

export * from "./nodes.ts";
export type { Decoder } from "../net/decoder.ts";
export {
  builtinException,
  CalcError,
  type ErrorStatus,
  type ExceptionArg,
  invalidLengthText,
  NOT_AN_EXPRESSION_TEXT,
  notARequestException,
  PickleError,
  type PickleFault,
  proxyException,
  PyException,
  refusedException,
  STATUS_CLIENT_ERROR,
  STATUS_OK,
  STATUS_SERVER_ERROR,
  tooLongError,
  unpackException,
  UNREADABLE_TEXT,
} from "./errors.ts";
export { type AnswerOptions, CalcEncoder, type RequestOptions } from "./encoder.ts";
export { evaluate, Evaluation, type EvaluationOptions, type Result } from "./evaluate.ts";
export {
  binary,
  BinaryExpr,
  call,
  Constant,
  E,
  type Expression,
  expression,
  FunctionCallExpr,
  MAX_DEPTH,
  MAX_NODES,
  NAMED_CONSTANTS,
  NamedConstant,
  type Operand,
  type Operation,
  PI,
  TAU,
  unary,
  UnaryExpr,
} from "./expression.ts";
export { Fraction } from "./fraction.ts";
export type { Callable, PyFunction, RandomFunction } from "./functions.ts";
export {
  emptyHeader,
  FLAG_CACHE,
  FLAG_REQUEST,
  FLAG_STEPS,
  type Header,
  HEADER_LENGTH,
  headerWarnings,
  INDEFINITE,
  MAX_DATA_LENGTH,
  MAX_PACKET_LENGTH,
  readHeader,
  writeHeader,
} from "./header.ts";
export { MAX_DIGITS } from "./integer.ts";
export { RandomState } from "./mersenne_twister.ts";
export { stringify } from "./notation.ts";
export {
  ADD,
  type Associativity,
  BINARY_OPERATORS,
  BinaryOperator,
  DIV,
  MOD,
  MUL,
  NAMED_FUNCTIONS,
  NamedFunction,
  NEG,
  POS,
  POW,
  randomFunction,
  SUB,
  UNARY_OPERATORS,
  UnaryOperator,
} from "./operators.ts";
export { CalcDecoder, type CalcPacket } from "./packet.ts";
export { ExpressionSyntaxError, parse, type ParseOptions } from "./parse.ts";
export { type Answer, readAnswer, readExpression } from "./pickle_reader.ts";
export { floatRepr, numberText, type PyNumber } from "./python_repr.ts";
