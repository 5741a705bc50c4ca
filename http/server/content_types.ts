/**
 * Content-Type by a file's extension: the types that browsers and tools tell apart.
 *
 * @module
 */

const UNKNOWN = "application/octet-stream";

const TEXT = "; charset=utf-8";

const TYPES: ReadonlyMap<string, string> = new Map([
  ["7z", "application/x-7z-compressed"],
  ["aac", "audio/aac"],
  ["avif", "image/avif"],
  ["bmp", "image/bmp"],
  ["bz2", "application/x-bzip2"],
  ["c", "text/plain" + TEXT],
  ["css", "text/css" + TEXT],
  ["csv", "text/csv" + TEXT],
  ["epub", "application/epub+zip"],
  ["flac", "audio/flac"],
  ["gif", "image/gif"],
  ["gz", "application/gzip"],
  ["htm", "text/html" + TEXT],
  ["html", "text/html" + TEXT],
  ["ico", "image/vnd.microsoft.icon"],
  ["ics", "text/calendar" + TEXT],
  ["jpeg", "image/jpeg"],
  ["jpg", "image/jpeg"],
  ["js", "text/javascript" + TEXT],
  ["json", "application/json"],
  ["jsonld", "application/ld+json"],
  ["log", "text/plain" + TEXT],
  ["m4a", "audio/mp4"],
  ["map", "application/json"],
  ["md", "text/markdown" + TEXT],
  ["mjs", "text/javascript" + TEXT],
  ["mov", "video/quicktime"],
  ["mp3", "audio/mpeg"],
  ["mp4", "video/mp4"],
  ["oga", "audio/ogg"],
  ["ogg", "audio/ogg"],
  ["ogv", "video/ogg"],
  ["opus", "audio/ogg"],
  ["otf", "font/otf"],
  ["pdf", "application/pdf"],
  ["png", "image/png"],
  ["rtf", "application/rtf"],
  ["svg", "image/svg+xml"],
  ["tar", "application/x-tar"],
  ["tif", "image/tiff"],
  ["tiff", "image/tiff"],
  ["ttf", "font/ttf"],
  ["txt", "text/plain" + TEXT],
  ["wasm", "application/wasm"],
  ["wav", "audio/wav"],
  ["weba", "audio/webm"],
  ["webm", "video/webm"],
  ["webmanifest", "application/manifest+json"],
  ["webp", "image/webp"],
  ["woff", "font/woff"],
  ["woff2", "font/woff2"],
  ["xhtml", "application/xhtml+xml"],
  ["xml", "application/xml"],
  ["xz", "application/x-xz"],
  ["yaml", "application/yaml"],
  ["yml", "application/yaml"],
  ["zip", "application/zip"],
  ["zst", "application/zstd"],
]);

/** The type of a file by its name; `application/octet-stream` where the name does not tell. */
export function contentTypeOf(name: string): string {
  const dot = name.lastIndexOf(".");
  return dot < 0 ? UNKNOWN : TYPES.get(name.slice(dot + 1).toLowerCase()) ?? UNKNOWN;
}
