/**
 * How a node of an expression is written around its operands: one rule for all kinds, shared by text and evaluation.
 *
 * The original brackets every operation between two operands, and then takes doubled brackets and those around the
 * whole text away again; its clean-up damages some texts. Here such brackets are never written: an operation stands
 * bare as the whole text, under a unary operator, and as the only argument of a function. Spec: calc, 2.4.
 *
 * @module
 */

import { checkExtent, type Expression, type Operation } from "./expression.ts";
import { numberText } from "./python_repr.ts";

/** What is written before the first operand. */
export function openText(node: Operation, bare: boolean): string {
  switch (node.kind) {
    case "binary":
      return bare ? "" : "(";
    case "unary":
      return node.operator.symbol + "(";
    case "call":
      return node.operator.name + "(";
  }
}

/** What is written between two operands. */
export function betweenText(node: Operation): string {
  return node.kind === "binary" ? ` ${node.operator.symbol} ` : ", ";
}

/** What is written after the last operand. */
export function closeText(node: Operation, bare: boolean): string {
  return node.kind === "binary" && bare ? "" : ")";
}

/** Whether the operands of a node stand without brackets of their own. */
export function operandsAreBare(node: Operation): boolean {
  return node.kind !== "binary" && node.operands.length === 1;
}

/**
 * The text of an expression as the first step of its evaluation shows it, but with named constants by name.
 *
 * @throws {CalcError} If the expression is beyond the limits.
 */
export function stringify(node: Expression): string {
  checkExtent(node);
  return text(node, true);
}

function text(node: Expression, bare: boolean): string {
  if (node.kind === "constant") return numberText(node.value);
  if (node.kind === "named") return node.name;
  const operandBare = operandsAreBare(node);
  const operands = node.operands.map((operand) => text(operand, operandBare));
  return openText(node, bare) + operands.join(betweenText(node)) + closeText(node, bare);
}
