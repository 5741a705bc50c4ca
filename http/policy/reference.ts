/**
 * References made into URIs (RFC 3986 §5.2), as far as http URIs go.
 *
 * @module
 */

import { authorityOf, encodeLoose, parseAuthority } from "../message/target.ts";

/** An http URI, taken apart. */
interface Parts {
  readonly origin: string;
  readonly path: string;
  readonly query: string;
}

function partsOf(uri: string): Parts | null {
  const found = /^(https?):\/\/([^/?#]*)([^?#]*)(\?[^#]*)?/i.exec(uri);
  if (found === null) return null;
  const scheme = found[1].toLowerCase() as "http" | "https";
  const authority = parseAuthority(found[2]);
  if (authority === null) return null;
  const port = authority.port || (scheme === "http" ? 80 : 443);
  const origin = `${scheme}://${authorityOf({ scheme, host: authority.host, port })}`;
  return { origin, path: encodeLoose(found[3] || "/"), query: encodeLoose(found[4] ?? "") };
}

/**
 * Makes the URI that `reference` means on the page `base`, in the form of {@linkcode cacheKey}: without a fragment, the
 * host in lower case, the scheme's own port left out, what no URI may hold percent-encoded.
 *
 * Dot segments are taken out of a relative path, where the grammar asks for it, and nowhere else.
 *
 * @returns `null` if it is no http URI.
 */
export function resolveReference(reference: string, base: string): string | null {
  const at = partsOf(base);
  if (at === null) return null;
  const whole = reference.split("#", 1)[0];
  if (/^[a-z][a-z0-9+.-]*:/i.test(whole)) {
    const parts = partsOf(whole);
    return parts === null ? null : parts.origin + parts.path + parts.query;
  }
  if (whole.startsWith("//")) {
    const parts = partsOf(at.origin.slice(0, at.origin.indexOf("/")) + whole);
    return parts === null ? null : parts.origin + parts.path + parts.query;
  }
  const text = encodeLoose(whole);
  if (text === "") return at.origin + at.path + at.query;
  if (text.startsWith("?")) return at.origin + at.path + text;
  if (text.startsWith("/")) return at.origin + text;
  const question = text.indexOf("?");
  const relative = question < 0 ? text : text.slice(0, question);
  const merged = at.path.slice(0, at.path.lastIndexOf("/") + 1) + relative;
  return at.origin + removeDotSegments(merged) + (question < 0 ? "" : text.slice(question));
}

function removeDotSegments(path: string): string {
  const kept: string[] = [];
  const segments = path.split("/").slice(1);
  segments.forEach((segment, index) => {
    const last = index === segments.length - 1;
    if (segment === "..") kept.pop();
    if (segment !== "." && segment !== "..") kept.push(segment);
    else if (last) kept.push("");
  });
  return "/" + kept.join("/");
}

/** Whether two URIs have the same scheme, host and port (RFC 9110 §4.3.1). */
export function isSameOrigin(a: string, b: string): boolean {
  const first = partsOf(a);
  return first !== null && first.origin === partsOf(b)?.origin;
}
