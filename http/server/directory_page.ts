/**
 * A directory's listing as a page. A file's name may hold anything: in the page it is text, and in a link it is one
 * segment of a relative reference.
 *
 * @module
 */

import type { DirectoryLine } from "./file_system.ts";

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/**
 * Makes the page.
 *
 * @param segments The directory's path from the root.
 * @param lines What is in it.
 * @param isCut Whether there is more than `lines`.
 */
export function directoryPage(
  segments: readonly string[],
  lines: readonly DirectoryLine[],
  isCut: boolean,
): string {
  const title = escapeHtml(`/${segments.map((segment) => `${segment}/`).join("")}`);
  const items = segments.length > 0 ? ['<li><a href="../">../</a></li>'] : [];
  for (const { name, isDirectory } of lines) {
    const slash = isDirectory ? "/" : "";
    const link = linkTo(name);
    if (link !== null) {
      items.push(`<li><a href="${link}${slash}">${escapeHtml(name)}${slash}</a></li>`);
    }
  }
  if (isCut) items.push("<li>…</li>");
  return [
    "<!doctype html>",
    '<html lang="en">',
    '<meta charset="utf-8">',
    `<title>${title}</title>`,
    `<h1>${title}</h1>`,
    "<ul>",
    ...items,
    "</ul>",
    "</html>",
    "",
  ].join("\n");
}

/** A relative reference; the `./` keeps a colon in the name from making it a scheme (RFC 3986 §4.2). */
function linkTo(name: string): string | null {
  try {
    return escapeHtml(`./${encodeURIComponent(name)}`);
  } catch {
    // Half a surrogate pair: a name that no URI can hold.
    return null;
  }
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]);
}
