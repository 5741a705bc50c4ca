/**
 * Request targets (RFC 9112 §3.2), and the key that a resource is stored under (RFC 9111 §2).
 *
 * A key is made of the scheme, the host in lower case, the port unless it is the scheme's own, and path and query
 * byte for byte, but that what no URI may hold is percent-encoded. Nothing else is brought into a normal form, no dot
 * segment and no percent-encoding: what the origin gets is that same path, and where it tells two spellings apart, so
 * must the cache. At worst one resource is stored twice; the other way round, one would be served for another.
 *
 * @module
 */

import { PATH, PERCENT } from "./bytes.ts";
import { HttpSyntaxError } from "./errors.ts";
import { Field } from "./names.ts";
import type { RequestHead } from "./request_head.ts";

/** A host and port. */
export interface Authority {
  /** Name or address in lower case, an IPv6 address in its brackets. */
  readonly host: string;
  /** 0 where none was given. */
  readonly port: number;
}

/** A request target, taken apart. */
export interface RequestTarget {
  /** Which of the four forms it had. */
  readonly form: "origin" | "absolute" | "authority" | "asterisk";
  /** `http` or `https`; for an origin-form the scheme of the connection. */
  readonly scheme: "http" | "https";
  /** Name or address in lower case, an IPv6 address in its brackets. */
  readonly host: string;
  /** Never 0. */
  readonly port: number;
  /** Path and query, as {@linkcode encodeLoose} gives them; `*` for the asterisk-form, empty for the authority-form. */
  readonly path: string;
}

const DEFAULT_PORTS = { http: 80, https: 443 } as const;
const NAME = /^[a-z0-9._-]+$/;
const IPV6 = /^\[[0-9a-f:.]+\]$/;

/**
 * Takes `host`, `host:port` or `[address]:port` apart.
 *
 * @returns `null` if it is none of these, or the port is beyond 65535. An empty port counts as none.
 */
export function parseAuthority(text: string): Authority | null {
  const colon = text.lastIndexOf(":");
  const hasPort = colon > text.lastIndexOf("]") && colon >= 0;
  const host = (hasPort ? text.slice(0, colon) : text).toLowerCase();
  if (!NAME.test(host) && !IPV6.test(host)) return null;
  const digits = hasPort ? text.slice(colon + 1) : "";
  if (!/^[0-9]{0,5}$/.test(digits)) return null;
  const port = Number(digits);
  if (port > 65535 || (digits !== "" && port === 0)) return null;
  return { host, port };
}

/**
 * Percent-encodes what may not stand in path and query as it is (RFC 3986 §3.3, §3.4): an origin that was sent `|`, or a
 * percent sign without two digits, might refuse it or read it in a way of its own.
 *
 * @param text Path and query, one character a byte.
 */
export function encodeLoose(text: string): string {
  let encoded = "";
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const isWhole = code === PERCENT && /^[0-9a-f]{2}$/i.test(text.slice(i + 1, i + 3));
    encoded += isWhole || PATH[code] === 1
      ? text[i]
      : `%${code.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return encoded;
}

/**
 * Takes the target of a request apart.
 *
 * In absolute-form the host is the target's, and Host is not looked at (RFC 9112 §3.2.2).
 *
 * @param head A head that was read.
 * @param scheme The scheme of the connection that it came on.
 * @throws {HttpSyntaxError} With 400, if the form doesn't fit the method, or there is no host.
 */
export function readTarget(head: RequestHead, scheme: "http" | "https" = "http"): RequestTarget {
  const target = head.target;
  if (head.method === "CONNECT") {
    const authority = parseAuthority(target);
    if (authority === null || authority.port === 0) {
      throw new HttpSyntaxError(400, "Expected host:port as the target of CONNECT");
    }
    return { form: "authority", scheme, ...authority, path: "" };
  }
  if (target.startsWith("/")) {
    return { form: "origin", ...hostOf(head, scheme), path: readPath(head, target) };
  }
  if (target === "*") {
    if (head.method !== "OPTIONS") {
      throw new HttpSyntaxError(400, "Expected the target * for OPTIONS only");
    }
    return { form: "asterisk", ...hostOf(head, scheme), path: "*" };
  }
  return readAbsolute(head, target);
}

function hostOf(
  head: RequestHead,
  scheme: "http" | "https",
): { scheme: "http" | "https"; host: string; port: number } {
  const field = head.value(Field.host);
  const authority = field === null ? null : parseAuthority(field);
  if (authority === null) throw new HttpSyntaxError(400, "Expected a host and port as Host");
  return { scheme, host: authority.host, port: authority.port || DEFAULT_PORTS[scheme] };
}

/**
 * Gives path and query as a URI holds them.
 *
 * @param text Path and query as they stand in the target of `head`.
 * @throws {HttpSyntaxError} With 400, if there is a backslash in the path.
 */
export function readPath(head: RequestHead, text: string): string {
  if (!head.hasLooseTarget) return text;
  // A browser sends a backslash in the query only; in a path some take it for a slash.
  if (text.split("?", 1)[0].includes("\\")) {
    throw new HttpSyntaxError(400, "Expected no backslash in the path of the request target");
  }
  return encodeLoose(text);
}

function readAbsolute(head: RequestHead, target: string): RequestTarget {
  const parts = /^(https?):\/\/([^/?]*)(.*)$/i.exec(target);
  if (parts === null) {
    throw new HttpSyntaxError(400, "Expected a path or an http URI as request target");
  }
  const scheme = parts[1].toLowerCase() as "http" | "https";
  // User names in a target have only ever been used to mislead (RFC 9110 §4.2.4); "@" is in no host.
  const authority = parseAuthority(parts[2]);
  if (authority === null) {
    throw new HttpSyntaxError(400, "Expected a host and port in the request target");
  }
  const port = authority.port || DEFAULT_PORTS[scheme];
  let path = parts[3];
  // RFC 9112 §3.2.4: OPTIONS of a whole server has no path at all in absolute-form.
  if (path === "" && head.method === "OPTIONS") path = "*";
  else path = readPath(head, path.startsWith("/") ? path : "/" + path);
  return { form: "absolute", scheme, host: authority.host, port, path };
}

/** Host and port as Host and URIs write them: without the scheme's own port. */
export function authorityOf(target: Pick<RequestTarget, "scheme" | "host" | "port">): string {
  const { scheme, host, port } = target;
  return port === DEFAULT_PORTS[scheme] ? host : `${host}:${port}`;
}

/** The key that responses to this target are stored under; also its URI. */
export function cacheKey(
  target: Pick<RequestTarget, "scheme" | "host" | "port" | "path">,
): string {
  return `${target.scheme}://${authorityOf(target)}${target.path}`;
}
