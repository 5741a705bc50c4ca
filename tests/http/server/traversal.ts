/**
 * The ways in which a path has been made to lead out of a folder.
 *
 * @module
 */

/** What must not be a path, whoever reads it. */
export const TRICKS: readonly string[] = [
  "/..",
  "/../secret.txt",
  "/a/../../secret.txt",
  "/a/..",
  "/./1.txt",
  "/.",
  "/%2e%2e/secret.txt",
  "/%2E%2E/secret.txt",
  "/.%2e/secret.txt",
  "/%2e./secret.txt",
  "/..%2fsecret.txt",
  "/..%2Fsecret.txt",
  "/%2e%2e%2fsecret.txt",
  "/a%2f..%2f..%2fsecret.txt",
  "/..%5csecret.txt",
  "/%5c%5chost%5cshare",
  "/..%5C..%5Csecret.txt",
  "/1.txt%00",
  "/1.txt%00.html",
  "/%00",
  "//",
  "//etc/passwd",
  "//a.example/1.txt",
  "/a//b",
  "/%2fetc/passwd",
  "/%2Fetc%2Fpasswd",
  // Overlong forms of a dot and a slash, a byte that is in no UTF-8, half a character, a surrogate.
  "/%c0%ae%c0%ae/secret.txt",
  "/..%c0%afsecret.txt",
  "/%e0%80%ae%e0%80%ae/secret.txt",
  "/%ff",
  "/%c3",
  "/%ed%a0%80",
];
