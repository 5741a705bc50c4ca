/**
 * Lays out text for a terminal: its width in cells, columns, wrapped lines, colours.
 *
 * @module
 */

// deno-lint-ignore no-control-regex -- the control characters are what it looks for
const ESCAPES = new RegExp("\\x1b\\[[0-9;]*m", "g");
const ZERO = /^[\p{M}\p{Cf}\p{Cc}]$/u;
const WIDE = new RegExp(
  "^[\\u1100-\\u115f\\u2e80-\\u303e\\u3041-\\u4dbf\\u4e00-\\ua4cf\\ua960-\\ua97f\\uac00-\\ud7a3" +
    "\\uf900-\\ufaff\\ufe30-\\ufe6f\\uff01-\\uff60\\uffe0-\\uffe6\\u{20000}-\\u{3fffd}]|" +
    "^\\p{Emoji_Presentation}",
  "u",
);

/** Made when first needed: it costs more to make than all the rest of a short program's output. */
let segmenter: Intl.Segmenter | undefined;

/**
 * Measures a text.
 *
 * @param text One line; colours count nothing.
 * @returns Its width in terminal cells: 2 for a wide character, 0 for a combining one.
 */
export function textWidth(text: string): number {
  const plain = text.replace(ESCAPES, "");
  if (/^[\x20-\x7e]*$/.test(plain)) return plain.length;
  segmenter ??= new Intl.Segmenter();
  let width = 0;
  for (const { segment } of segmenter.segment(plain)) {
    // A cluster such as a family of emoji joined into one picture is as wide as its widest part.
    width += Math.max(...Array.from(segment, (c) => ZERO.test(c) ? 0 : WIDE.test(c) ? 2 : 1));
  }
  return width;
}

/** Fills a text up with blanks to a width in terminal cells; `right` puts them before it. */
export function pad(text: string, width: number, align: "left" | "right" = "left"): string {
  const blanks = " ".repeat(Math.max(0, width - textWidth(text)));
  return align === "left" ? text + blanks : blanks + text;
}

/** How {@linkcode columns} lays out. */
export interface ColumnsOptions {
  /** Blanks between two columns; 2 when left out. */
  readonly gap?: number;
  /** How each column stands; left when left out. */
  readonly align?: readonly ("left" | "right")[];
}

/**
 * Puts rows of cells under each other.
 *
 * @param rows The cells of each row; rows may differ in length.
 * @param options The gap and how the columns stand.
 * @returns One line a row, without blanks at its end.
 */
export function columns(
  rows: readonly (readonly string[])[],
  options: ColumnsOptions = {},
): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, i) => widths[i] = Math.max(widths[i] ?? 0, textWidth(cell)));
  }
  const gap = " ".repeat(options.gap ?? 2);
  return rows.map((row) =>
    row.map((cell, i) => pad(cell, widths[i], options.align?.[i])).join(gap).trimEnd()
  );
}

/**
 * Breaks a text into lines at its blanks.
 *
 * @param text The text.
 * @param width The most cells a line has; a longer word stands alone on its line.
 * @returns The lines; one empty line for an empty text.
 */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/).filter((word) => word !== "")) {
    if (line !== "" && textWidth(line) + 1 + textWidth(word) > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}

/** Colours text, or leaves it as it is. */
export interface Style {
  /** For headings. */
  bold(text: string): string;
  /** For what matters less. */
  dim(text: string): string;
  /** For errors. */
  red(text: string): string;
  /** For what went well. */
  green(text: string): string;
  /** For warnings. */
  yellow(text: string): string;
  /** For names. */
  cyan(text: string): string;
}

/**
 * Makes the functions that colour text.
 *
 * @param enabled `false` gives functions that return the text as it is.
 */
export function createStyle(enabled: boolean): Style {
  const paint = (on: number, off: number) => (text: string): string =>
    enabled && text !== "" ? `\x1b[${on}m${text}\x1b[${off}m` : text;
  return {
    bold: paint(1, 22),
    dim: paint(2, 22),
    red: paint(31, 39),
    green: paint(32, 39),
    yellow: paint(33, 39),
    cyan: paint(36, 39),
  };
}
