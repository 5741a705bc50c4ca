import fc from "fast-check";
import { assertEquals, assertThrows } from "../../asserts.ts";
import { test } from "../../harness.ts";
import { formatBasic, parseBasic } from "../../../http/fields/basic.ts";

test("formatBasic and parseBasic are each other's inverse", () => {
  const user = fc.string({ unit: "grapheme", minLength: 1 }).filter((text) => !text.includes(":"));
  const password = fc.string({ unit: "grapheme" });
  fc.assert(fc.property(user, password, (user, password) => {
    const read = parseBasic(formatBasic(`${user}:${password}`))!;
    assertEquals([read.user, new TextDecoder().decode(read.password)], [user, password]);
  }));
});

test("parseBasic reads the example of RFC 7617, in any letter case of the scheme", () => {
  for (const scheme of ["Basic", "basic", "BASIC "]) {
    const read = parseBasic(`${scheme} QWxhZGRpbjpvcGVuIHNlc2FtZQ==`)!;
    assertEquals(read.user, "Aladdin");
    assertEquals(new TextDecoder().decode(read.password), "open sesame");
  }
});

test("parseBasic takes nothing else", () => {
  const bad = [
    "",
    "Basic",
    "Basic ",
    "Bearer QWxhZGRpbjpvcGVuIHNlc2FtZQ==",
    "Basic QWxhZGRpbg==",
    "Basic OnBhc3M=",
    "Basic a:b",
    "Basic QTpi, Basic QTpi",
    "Basic _zpi",
    "Basic /zpi",
  ];
  for (const value of bad) assertEquals(parseBasic(value), null, value);
});

test("formatBasic wants a user, and tells nothing of what it got", () => {
  for (const text of ["hunter2", ":hunter2", ""]) {
    const { message } = assertThrows(() => formatBasic(text), TypeError);
    assertEquals(message, "Expected credentials as USER:PASSWORD");
  }
});
