/**
 * A client's request, checked and written.
 *
 * @module
 */

import type { NetAddress } from "../../net/connection.ts";
import { formatBasic } from "../fields/basic.ts";
import { TOKEN } from "../message/bytes.ts";
import type { FieldLine } from "../message/field_reader.ts";
import { encodeLoose } from "../message/target.ts";
import { ByteWriter } from "../message/writer.ts";

/** A request body: bytes, or pieces of bytes that are sent as they come. */
export type RequestBody = Uint8Array | AsyncIterable<Uint8Array>;

/** What goes out for a request, and where to. */
export interface PreparedRequest {
  /** The method. */
  readonly method: string;
  /** Whom to connect to: the proxy if there is one. */
  readonly address: NetAddress;
  /** The head, with a body of known length. */
  readonly head: Uint8Array;
  /** What follows it in chunks, or `null`. */
  readonly chunks: AsyncIterable<Uint8Array> | null;
  /** Whether it may be sent once more when no answer came (RFC 9110 §9.2.2), and can be. */
  readonly repeatable: boolean;
}

/** Methods that mean the same when they are done twice (RFC 9110 §9.2.2). */
const IDEMPOTENT: ReadonlySet<string> = new Set([
  "GET",
  "HEAD",
  "OPTIONS",
  "TRACE",
  "PUT",
  "DELETE",
]);

/** What says where the message ends is worked out here, and nowhere else. */
const OURS: ReadonlySet<string> = new Set(["content-length", "transfer-encoding"]);

/**
 * Checks a request and writes it.
 *
 * @param proxy Whom it goes to in absolute-form (RFC 9112 §3.2.2), or `null` for the origin itself.
 * @param proxyUser `USER:PASSWORD` for the proxy; never sent to an origin.
 * @throws {TypeError} If the URL is no http URL, or the method or a field can't stand in a request.
 */
export function prepareRequest(
  url: string | URL,
  method: string,
  fields: readonly FieldLine[],
  body: RequestBody | null,
  proxy: NetAddress | null,
  proxyUser: string | null = null,
): PreparedRequest {
  const target = parseUrl(url);
  checkToken("method", method);
  if (method === "CONNECT") throw new TypeError("Expected another method than CONNECT");
  const path = encodeLoose(target.pathname + target.search);
  const out = new ByteWriter();
  out.requestLine(method, proxy === null ? path : `http://${target.host}${path}`);
  const names = new Set(fields.map(([name]) => name.toLowerCase()));
  if (!names.has("host")) out.field("Host", target.host);
  if (proxy !== null && proxyUser !== null) {
    out.field("Proxy-Authorization", formatBasic(proxyUser));
  }
  for (const [name, value] of fields) {
    checkToken("field name", name);
    if (OURS.has(name.toLowerCase())) {
      throw new TypeError(`Expected no field ${name}: it follows from the body`);
    }
    out.field(name, value.trim());
  }
  let chunks: AsyncIterable<Uint8Array> | null = null;
  if (body instanceof Uint8Array) out.field("Content-Length", body.length);
  else if (body !== null) {
    out.field("Transfer-Encoding", "chunked");
    chunks = body;
  } else if (["POST", "PUT", "PATCH"].includes(method)) out.field("Content-Length", 0);
  out.endLine();
  if (body instanceof Uint8Array) out.putBytes(body);
  const origin = { hostname: bare(target.hostname), port: Number(target.port) || 80 };
  return {
    method,
    address: proxy ?? origin,
    head: out.written(),
    chunks,
    repeatable: chunks === null && IDEMPOTENT.has(method),
  };
}

function parseUrl(url: string | URL): URL {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch (cause) {
    throw new TypeError(`Expected a URL such as http://host/path, found ${JSON.stringify(url)}`, {
      cause,
    });
  }
  if (parsed.protocol !== "http:") {
    throw new TypeError(`Expected an http URL, found one with ${parsed.protocol}`);
  }
  if (parsed.username !== "" || parsed.password !== "") {
    throw new TypeError("Expected a URL without a user name; give an Authorization field instead");
  }
  return parsed;
}

function bare(hostname: string): string {
  return hostname.startsWith("[") ? hostname.slice(1, -1) : hostname;
}

function checkToken(what: string, text: string): void {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 127 || TOKEN[code] === 0) {
      throw new TypeError(`Expected a token as ${what}, found ${JSON.stringify(text)}`);
    }
  }
  if (text === "") throw new TypeError(`Expected a token as ${what}, found nothing`);
}
