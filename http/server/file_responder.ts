/**
 * From a request to the answer of a file server: which file, under which conditions, which part of it (RFC 9110 §13,
 * §14).
 *
 * @module
 */

import type { FieldLine, FieldReader } from "../message/field_reader.ts";
import { contentTypeOf } from "./content_types.ts";
import { directoryPage } from "./directory_page.ts";
import { formatHttpDate, parseHttpDate } from "../fields/date.ts";
import { parseEtagList, strongMatch } from "../fields/etag.ts";
import { formatContentRange, formatUnsatisfied, parseRange } from "../fields/range.ts";
import { parseFilePath } from "./file_path.ts";
import { emptyReply, type FileReply, statusReply, textReply } from "./file_reply.ts";
import {
  type FileEntry,
  type FileTree,
  isOpenFile,
  type OpenDirectory,
  type OpenFile,
} from "./file_system.ts";
import { matchPathRules, type PathRule } from "./path_rules.ts";
import { ifRangeHolds, isNotModified, type Validators } from "../policy/conditions.ts";
import { fitRanges, planMultipart, type RangePlan } from "../policy/ranges.ts";
import { writeStoredHead } from "../policy/stored_fields.ts";

/** What can be asked for. */
const ALLOW: FieldLine = ["Allow", "GET, HEAD, OPTIONS"];

const INDEX = "index.html";

/** A listing is made in memory, and no one reads on beyond so many names. */
const MAX_LISTED = 10_000;

const encoder = new TextEncoder();

/** What a {@linkcode FileResponder} is made with. */
export interface FileResponderOptions {
  /** The files. */
  readonly tree: FileTree;
  /** Cache-Control by path; an empty value sends none. */
  readonly cacheControl: readonly PathRule[];
  /** Whether a directory without index.html is listed. */
  readonly directoryListing: boolean;
}

/** The parts of a request that count. */
export interface FileRequest {
  /** The method. */
  readonly method: string;
  /** Path and query, or `*`. */
  readonly path: string;
  /** The fields. */
  readonly fields: FieldReader;
}

/** Answers requests for files. */
export class FileResponder {
  readonly #options: FileResponderOptions;

  /** Answers from the tree in `options`. */
  constructor(options: FileResponderOptions) {
    this.#options = options;
  }

  /**
   * Comes to the answer.
   *
   * @param request What was asked; its fields stay as they are until the promise resolves.
   * @param nowMs Now, in milliseconds since 1970.
   * @returns The answer; its file is the caller's to close.
   * @throws {Error} If the disk can't be read now.
   */
  async answer(request: FileRequest, nowMs: number): Promise<FileReply> {
    const { method } = request;
    if (method === "OPTIONS") return emptyReply(204, [ALLOW]);
    if (method !== "GET" && method !== "HEAD") return statusReply(405, [ALLOW]);
    const queryAt = request.path.indexOf("?");
    const path = queryAt < 0 ? request.path : request.path.slice(0, queryAt);
    const query = queryAt < 0 ? "" : request.path.slice(queryAt);
    const parsed = parseFilePath(path);
    if (parsed === null) return statusReply(404);
    const { segments } = parsed;
    const found = await this.#options.tree.open(segments);
    if (found === null) return statusReply(404);
    if (isOpenFile(found)) {
      if (!parsed.isDirectory) return await this.#sendFile(request, found, segments, nowMs);
      await found.close();
      return statusReply(404);
    }
    // Relative links in the page count from the last slash, so there has to be one.
    if (!parsed.isDirectory) return statusReply(301, [["Location", `${path}/${query}`]]);
    const index = await this.#options.tree.open([...segments, INDEX]);
    if (index !== null && isOpenFile(index)) {
      return await this.#sendFile(request, index, [...segments, INDEX], nowMs);
    }
    return this.#options.directoryListing ? await this.#list(found, segments) : statusReply(404);
  }

  async #list(directory: OpenDirectory, segments: readonly string[]): Promise<FileReply> {
    const lines = await directory.list(MAX_LISTED + 1);
    const page = directoryPage(segments, lines.slice(0, MAX_LISTED), lines.length > MAX_LISTED);
    return textReply(200, "text/html; charset=utf-8", page, this.#cacheControl(segments));
  }

  #cacheControl(segments: readonly string[]): FieldLine[] {
    const value = matchPathRules(this.#options.cacheControl, segments.join("/"));
    return value === null || value === "" ? [] : [["Cache-Control", value]];
  }

  async #sendFile(
    request: FileRequest,
    file: OpenFile,
    segments: readonly string[],
    nowMs: number,
  ): Promise<FileReply> {
    const reply = this.#planFile(request, file, segments, nowMs);
    if (reply.file === null) await file.close();
    return reply;
  }

  #planFile(
    { method, fields: asked }: FileRequest,
    file: OpenFile,
    segments: readonly string[],
    nowMs: number,
  ): FileReply {
    const { entry } = file;
    const validators = validatorsOf(entry, nowMs);
    const fields: FieldLine[] = [
      ["Last-Modified", validators.lastModified!],
      ["ETag", validators.etag!],
      ...this.#cacheControl(segments),
    ];
    if (!isWanted(asked, validators, nowMs)) return statusReply(412);
    if (isNotModified(asked, validators, nowMs)) return emptyReply(304, fields);

    fields.push(["Accept-Ranges", "bytes"]);
    const typed: FieldLine[] = [
      ...fields,
      ["Content-Type", contentTypeOf(segments[segments.length - 1])],
    ];
    const plan = method === "GET" ? planRanges(asked, validators, entry.size) : WHOLE;
    if (plan.kind === "unsatisfiable") {
      return statusReply(416, [...fields, ["Content-Range", formatUnsatisfied(entry.size)]]);
    }
    if (plan.kind === "whole") {
      const parts = entry.size === 0 ? [] : [{ first: 0, last: entry.size - 1 }];
      return { status: 200, fields: typed, contentLength: entry.size, parts, file };
    }
    const [range] = plan.ranges;
    if (plan.ranges.length === 1) {
      typed.push(["Content-Range", formatContentRange({ ...range, total: entry.size })]);
      const contentLength = range.last - range.first + 1;
      return { status: 206, fields: typed, contentLength, parts: [range], file };
    }
    const boundary = crypto.randomUUID();
    const head = writeStoredHead(200, null, typed);
    const multipart = planMultipart(head, plan.ranges, entry.size, boundary);
    return {
      status: 206,
      fields: [...fields, ["Content-Type", `multipart/byteranges; boundary=${boundary}`]],
      contentLength: multipart.contentLength,
      parts: [
        ...plan.ranges.flatMap((range, i) => [encoder.encode(multipart.before[i]), range]),
        encoder.encode(multipart.after),
      ],
      file,
    };
  }
}

const WHOLE: RangePlan = { kind: "whole" };

function planRanges(asked: FieldReader, validators: Validators, size: number): RangePlan {
  const value = asked.get("range");
  const specs = value !== null && ifRangeHolds(asked, validators) ? parseRange(value) : null;
  return specs === null ? WHOLE : fitRanges(specs, size);
}

/** A file that was written again has another size, or another time as exactly as the system tells it. */
function validatorsOf(entry: FileEntry, nowMs: number): Validators {
  // RFC 9110 §8.8.2.1: Last-Modified is never later than Date.
  const lastModifiedMs = Math.floor(Math.min(entry.modifiedMs, nowMs) / 1000) * 1000;
  return {
    status: 200,
    etag: `"${entry.size.toString(16)}-${entry.modifiedExactly.toString(16)}"`,
    lastModified: formatHttpDate(lastModifiedMs),
    lastModifiedMs,
    dateMs: nowMs,
  };
}

/** Whether If-Match and If-Unmodified-Since hold (RFC 9110 §13.2.2, the first two steps). */
function isWanted(asked: FieldReader, validators: Validators, nowMs: number): boolean {
  const ifMatch = asked.get("if-match");
  if (ifMatch !== null) {
    return parseEtagList(ifMatch).some((tag) => tag === "*" || strongMatch(tag, validators.etag!));
  }
  const value = asked.get("if-unmodified-since");
  const since = value === null ? null : parseHttpDate(value, nowMs);
  return since === null || validators.lastModifiedMs! <= since;
}
