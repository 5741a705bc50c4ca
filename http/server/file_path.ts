/**
 * The path of a request, as names below a root. What could lead anywhere else is no path.
 *
 * @module
 */

/** A path, taken apart. */
export interface FilePath {
  /** The names, decoded; none of them is empty, `.` or `..`, or holds a separator or NUL. */
  readonly segments: readonly string[];
  /** Whether it ended in a slash, as a directory's does. */
  readonly isDirectory: boolean;
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Takes the path of a request target apart. Percent-encoding is undone once.
 *
 * Dot segments are not worked out but refused, encoded or not: whoever asks does that first (RFC 3986 §5.2.4), and
 * what is never worked out can't be worked out wrongly. Empty segments are refused as well, so that no redirect can
 * begin with two slashes.
 *
 * @param path The path without its query; it begins with a slash, and holds no percent sign but before two digits.
 * @returns `null` if it can't name anything below a root.
 */
export function parseFilePath(path: string): FilePath | null {
  const parts = path.split("/").slice(1);
  const isDirectory = parts[parts.length - 1] === "";
  if (isDirectory) parts.pop();
  const segments: string[] = [];
  for (const part of parts) {
    const name = decodeName(part);
    if (name === null || name === "" || name === "." || name === "..") return null;
    if (/[/\\\0]/.test(name)) return null;
    segments.push(name);
  }
  return { segments, isDirectory };
}

/** Undoes percent-encoding; `null` if the bytes are no UTF-8. */
function decodeName(text: string): string | null {
  if (!text.includes("%")) return text;
  const bytes = new Uint8Array(text.length);
  let length = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === "%") {
      bytes[length++] = parseInt(text.slice(at + 1, at + 3), 16);
      at += 2;
    } else bytes[length++] = text.charCodeAt(at);
  }
  try {
    return decoder.decode(bytes.subarray(0, length));
  } catch {
    return null;
  }
}
