import fc from "fast-check";
import { assertEquals, assertMatch, assertStringIncludes } from "../asserts.ts";
import { test } from "../harness.ts";
import { bytesOf, Wire } from "../support/wire.ts";
import { until, within } from "../support/within.ts";
import { Stage, STAGES } from "./stages.ts";

/** Every kind of message, in a row that begins with the table 10 11 12. */
const CONVERSATION: readonly (readonly [message: string, reply: string])[] = [
  ["OP=GET;IND=0,2;", "OP=GET;IND=0,2;DATA=10,12;"],
  ["OP=GET;IND=2,0,1,2;", "OP=GET;IND=2,0,1,2;DATA=12,10,11,12;"],
  ["OP=ADD;IND=0,0,1;", "OP=ADD;IND=0,0,1;DATA=31;"],
  ["OP=PUT;IND=5,9;DATA=50,-90;", "OP=PUT;IND=5,9;DATA=50,-90;"],
  ["DATA=7;IND=4;OP=PUT;", "OP=PUT;IND=4;DATA=7;"],
  ["OP=PUT;IND=4;DATA=7;", "OP=PUT;IND=4;DATA=7;"],
  ["OP=GET;IND=4,5,9;", "OP=GET;IND=4,5,9;DATA=7,50,-90;"],
  ["OP=PUT;IND=5,10;DATA=1,2;", "OP=PUT;IND=10;CODE=416;MSG=index 10 is out of range 0 to 9;"],
  ["OP=PUT;IND=5;DATA=1,2;", "OP=PUT;CODE=400;MSG=IND and DATA differ in length, 1 and 2;"],
  ["OP=GET;IND=5;", "OP=GET;IND=5;DATA=50;"],
  ["OP=GET;IND=5,3,8;", "OP=GET;IND=3,8;CODE=404;MSG=entries 3, 8 are empty;"],
  ["OP=ADD;IND=3;", "OP=ADD;IND=3;CODE=404;MSG=entry 3 is empty;"],
  ["OP=GET;IND=-1;", "OP=GET;IND=-1;CODE=416;MSG=index -1 is out of range 0 to 9;"],
  ["OP=MUL;IND=1;", 'OP=MUL;CODE=405;MSG=there is no operation "MUL", only GET PUT ADD CLR INF;'],
  ["OP=PUT;IND=0;DATA=9007199254740991;", "OP=PUT;IND=0;DATA=9007199254740991;"],
  [
    "OP=ADD;IND=0,4;",
    "OP=ADD;IND=0,4;CODE=400;MSG=the sum 9007199254740998 is beyond the range " +
    "-9007199254740991 to 9007199254740991;",
  ],
  ["OP=CLR;", "OP=CLR;"],
  ["OP=GET;IND=0;", "OP=GET;IND=0;CODE=404;MSG=entry 0 is empty;"],
  ["OP=INF;", "OP=INF;IND=;DATA=;"],
  ["OP=PUT;IND=1;DATA=2;", "OP=PUT;IND=1;DATA=2;"],
  ["OP=INF;", "OP=INF;IND=1;DATA=2;"],
];

for (const kind of STAGES) {
  test(`table ${kind} answers every message of the protocol, one at a time and all in one write`, async () => {
    {
      await using stage = await Stage.start(kind);
      using wire = await Wire.open(stage.addr);
      for (const [message, reply] of CONVERSATION) assertEquals(await wire.ask(message), reply);
    }
    for (const end of ["\n", "", "\r\n"]) {
      await using stage = await Stage.start(kind);
      using wire = await Wire.open(stage.addr);
      // Without line breaks between them, messages have to begin with OP.
      const told = CONVERSATION.filter(([message]) => message.startsWith("OP=") || end !== "");
      await wire.send(told.map(([message]) => message + end).join(""));
      await wire.end();
      const ending = end === "" ? "" : "\n";
      const replies = told.map(([, reply]) => reply + ending);
      assertEquals(await wire.rest(), replies.join(""));
    }
  });

  test(`table ${kind} gives the same bytes for every message split at every byte`, async () => {
    const sent = [
      "OP=GET;IND=0,2;\n",
      "OP=PUT;IND=5,9;DATA=50,-90;",
      "OP=ADD;IND=1,0;\r\n",
      "GET:1:",
      "OP=GET;IND=3;\n",
      "OP=GET;IND=x;\n",
      "OP=GET;IND=1OP=CLR;",
    ];
    const expected = [
      "OP=GET;IND=0,2;DATA=10,12;\n",
      "OP=PUT;IND=5,9;DATA=50,-90;",
      "OP=ADD;IND=1,0;DATA=21;\n",
      "11",
      "OP=GET;IND=3;CODE=404;MSG=entry 3 is empty;\n",
      'OP=GET;CODE=400;MSG=IND "x" is not an integer;\n',
      "OP=GET;IND=1;DATA=11OP=CLR;",
    ];
    await using stage = await Stage.start(kind, { quietMs: 60_000 });
    using writer = await Wire.open(stage.addr);
    for (const [i, message] of sent.entries()) {
      for (let at = 1; at < message.length; at++) {
        await writer.send("OP=CLR;OP=PUT;IND=0,1,2;DATA=10,11,12;\n");
        await writer.line();
        using wire = await Wire.open(stage.addr);
        await wire.send(message.slice(0, at));
        // The first part has been read when another connection, made later, was answered.
        assertEquals(await writer.ask("OP=GET;IND=0;"), "OP=GET;IND=0;DATA=10;");
        await wire.send(message.slice(at));
        assertEquals(await wire.take(expected[i].length), expected[i], `${message} at ${at}`);
      }
    }
  });

  test(`table ${kind} answers 1 000 messages in one write, in order`, async () => {
    await using stage = await Stage.start(kind);
    using wire = await Wire.open(stage.addr);
    const count = 1000;
    const sent: string[] = [];
    const expected: string[] = [];
    for (let i = 0; i < count; i++) {
      sent.push(`OP=PUT;IND=${i % 10};DATA=${i};OP=GET;IND=${i % 10};`);
      expected.push(`OP=PUT;IND=${i % 10};DATA=${i};OP=GET;IND=${i % 10};DATA=${i};`);
    }
    await Promise.all([wire.send(sent.join("")), wire.end()]);
    assertEquals(await wire.rest(), expected.join(""));
  });

  test(`table ${kind} takes a message without an end when the client falls quiet`, async () => {
    await using stage = await Stage.start(kind, { quietMs: 5 });
    using wire = await Wire.open(stage.addr);
    for (
      const [message, reply] of [
        ["OP=GET;IND=1", "OP=GET;IND=1;DATA=11"],
        ["OP=PUT;IND=3;DATA=-5", "OP=PUT;IND=3;DATA=-5"],
        ["OP=GET;IND=3,1", "OP=GET;IND=3,1;DATA=-5,11"],
        ["OP=GET;IND=8", "OP=GET;IND=8;CODE=404"],
        ["OP=GET;IND=12", "OP=GET;IND=12;CODE=416"],
        ["OP=CLR", "OP=CLR"],
      ]
    ) {
      await wire.send(message);
      assertEquals(await wire.take(reply.length), reply);
    }
  });

  test(`table ${kind} does not take half a number for a whole one from a client that writes lines`, async () => {
    await using stage = await Stage.start(kind, { quietMs: 1 });
    using wire = await Wire.open(stage.addr);
    await wire.ask("OP=GET;IND=0;");
    await wire.send("OP=PUT;IND=0;DATA=4");
    // A segment that is late: longer than the quiet gap, shorter than what counts as an end.
    await new Promise((resolve) => setTimeout(resolve, 40));
    await wire.send("73;\n");
    assertEquals(await wire.line(), "OP=PUT;IND=0;DATA=473;");
    assertEquals(stage.server.table.at(0), 473);
    // It may leave the line break out all the same, and is answered a little later.
    await wire.send("OP=GET;IND=0");
    assertEquals(await wire.take(21), "OP=GET;IND=0;DATA=473");
    await wire.send("\nOP=GET;IND=1");
    await wire.end();
    assertEquals(await wire.rest(), "OP=GET;IND=1;DATA=11");
  });

  test(`table ${kind} speaks the colon dialect with a client that does`, async () => {
    await using stage = await Stage.start(kind);
    using wire = await Wire.open(stage.addr);
    for (
      const [message, reply] of [
        ["PUT:5:50:", "50"],
        ["GET:5:", "50"],
        ["ADD:5:", "50"],
        ["GET:7:", "-"],
        ["GET:12:", "-"],
        ["PUT:5:-3:", "-3"],
        ["GET:5:", "-3"],
        ["CLR:", "-"],
        ["GET:5:", "-"],
      ]
    ) {
      await wire.send(message);
      assertEquals(await wire.take(reply.length), reply, message);
    }
  });

  test(`table ${kind} answers what a client asked for before it closed its side`, async () => {
    await using stage = await Stage.start(kind, { quietMs: 60_000 });
    for (const message of ["OP=GET;IND=0;\n", "OP=GET;IND=0;", "OP=GET;IND=0\n", "OP=GET;IND=0"]) {
      using wire = await Wire.open(stage.addr);
      await wire.send(message);
      await wire.end();
      assertEquals(await wire.rest(), message.replace("IND=0", "IND=0;DATA=10"));
    }
    using wire = await Wire.open(stage.addr);
    await wire.send("OP=CLR;OP=PUT;IND=1;");
    await wire.end();
    assertMatch(await wire.rest(), /^OP=CLR;OP=PUT;CODE=400;MSG=Peer closed in the middle .*;\n$/);
    assertEquals(stage.table, "- - - - - - - - - -");
  });

  test(`table ${kind} refuses a line of 10 MB, closes, and serves others meanwhile`, async () => {
    await using stage = await Stage.start(kind);
    using other = await Wire.open(stage.addr);
    using wire = await Wire.open(stage.addr);
    const flood = wire.send(`OP=GET;IND=${"1,".repeat(5_000_000)}1;\n`).catch(() => {});
    for (let i = 0; i < 20; i++) {
      assertEquals(await other.ask("OP=GET;IND=0;"), "OP=GET;IND=0;DATA=10;");
    }
    const rest = await wire.rest(true);
    assertEquals(
      rest,
      `OP=GET;CODE=413;MSG=Message is longer than ${kind === "server" ? 65538 : 65536} bytes;\n`,
    );
    wire.close();
    await flood;
    assertEquals(await other.ask("OP=GET;IND=0;"), "OP=GET;IND=0;DATA=10;");
  });

  test(`table ${kind} passes over 1 MB behind a message on its line, however it arrives`, async () => {
    await using stage = await Stage.start(kind);
    using wire = await Wire.open(stage.addr);
    await wire.send(`OP=GET;IND=0;${"x".repeat(1_000_000)}\nOP=GET;IND=1;\n`);
    assertEquals(await wire.line(), "OP=GET;IND=0;DATA=10;");
    assertEquals(await wire.line(), "OP=GET;IND=1;DATA=11;");
  });

  test(`table ${kind} survives random bytes and mutated messages, and still answers`, async () => {
    await using stage = await Stage.start(kind, { quietMs: 1, frameTimeoutMs: 40 });
    const mutated = fc.tuple(
      fc.constantFrom(...CONVERSATION.map(([message]) => message)),
      fc.array(fc.tuple(fc.nat(), fc.nat(255), fc.nat(2)), { minLength: 1, maxLength: 4 }),
    ).map(([message, changes]) => {
      const bytes = [...bytesOf(message)];
      for (const [place, byte, how] of changes) bytes.splice(place % bytes.length, how, byte);
      return new Uint8Array(bytes);
    });
    const junk = fc.oneof(mutated, fc.uint8Array({ minLength: 1, maxLength: 200 }));
    const replies = /^([A-Z0-9=;,. -]*|-|\d|[ -~]|\n)*$/;
    await fc.assert(
      fc.asyncProperty(junk, async (bytes) => {
        using wire = await Wire.open(stage.addr);
        await wire.send(bytes);
        await wire.send("\nOP=CLR;\n");
        await wire.end();
        const text = await wire.rest();
        assertMatch(text, replies);
        assertStringIncludes(text, "OP=CLR;");
      }),
      { numRuns: 150 },
    );
    using wire = await Wire.open(stage.addr);
    assertEquals(await wire.ask("OP=PUT;IND=1;DATA=2;"), "OP=PUT;IND=1;DATA=2;");
    await until(() => stage.node.connections === 1, "only one connection is left");
  });

  test(`table ${kind} goes on with a connection that sends NUL and invalid UTF-8`, async () => {
    await using stage = await Stage.start(kind);
    using wire = await Wire.open(stage.addr);
    await wire.send(new Uint8Array([0, 0xff, 0xfe, 0xc3, 0x28, 0x0a]));
    assertMatch(await wire.line(), /^OP=ERR;CODE=400;MSG=[ -:<>-~]*$/);
    await wire.send(new Uint8Array([...bytesOf("OP=GET;IND=\0"), 0x80, 0x3b, 0x0a]));
    assertMatch(await wire.line(), /^OP=GET;CODE=400;MSG=IND "\?\?" is not an integer;$/);
    assertEquals(await wire.ask("OP=GET;IND=0;"), "OP=GET;IND=0;DATA=10;");
  });

  test(`table ${kind} closes a client that says nothing`, async () => {
    await using stage = await Stage.start(kind, { idleTimeoutMs: 60 });
    using silent = await Wire.open(stage.addr);
    using once = await Wire.open(stage.addr);
    await once.send("OP=GET;IND=0;\n");
    assertEquals(await silent.rest(true), "");
    assertEquals(await once.rest(true), "OP=GET;IND=0;DATA=10;\n");
    await until(() => stage.node.connections === 0, "no connection is left");
  });

  test(`table ${kind} tells a client that stops in the middle of a message, and closes`, async () => {
    await using stage = await Stage.start(kind, { frameTimeoutMs: 60 });
    const cases = [
      ["OP=PUT;IND=1;", "OP=PUT;"],
      ["OP=PUT;IND=1;DATA=5,", "OP=PUT;"],
      ["O", "OP=ERR;"],
    ];
    for (const [message, op] of cases) {
      using wire = await Wire.open(stage.addr);
      await wire.send(message);
      const rest = await wire.rest(true);
      assertMatch(rest, /^OP=[A-Z]+;CODE=400;MSG=Message was not whole within 60 ms.*;\n$/);
      assertEquals(rest.startsWith(op), true, rest);
    }
    using slow = await Wire.open(stage.addr);
    let sent = 0;
    const drip = (async () => {
      // Byte after byte makes no message either: the time counts from the first.
      for (; sent < 10_000; sent++) {
        await slow.send("1");
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    })().catch(() => {});
    assertStringIncludes(await slow.rest(true), "CODE=400");
    slow.close();
    await within(drip);
    assertEquals(stage.table, "10 11 12 - - - - - - -");
  });

  test(`table ${kind} closes a client that reads nothing, and serves the others`, async () => {
    await using stage = await Stage.start(kind, { writeTimeoutMs: 80 });
    using other = await Wire.open(stage.addr);
    using deaf = await Wire.open(stage.addr);
    const message = `OP=GET;IND=${"0,".repeat(10_000)}0;\n`;
    const pushing = (async () => {
      for (let i = 0; i < 4000; i++) await deaf.send(message);
      return "sent all";
    })().catch(() => "was closed");
    assertEquals(await other.ask("OP=GET;IND=0;"), "OP=GET;IND=0;DATA=10;");
    assertEquals(await within(pushing, "the deaf one to be closed"), "was closed");
    await until(() => stage.node.connections === 1, "the deaf one is gone");
    assertEquals(await other.ask("OP=GET;IND=0;"), "OP=GET;IND=0;DATA=10;");
  });

  test(`table ${kind} forgets a client that leaves in the middle of a message`, async () => {
    await using stage = await Stage.start(kind);
    for (let i = 0; i < 30; i++) {
      using wire = await Wire.open(stage.addr);
      await wire.send("OP=PUT;IND=0;DATA=".slice(0, i % 18 + 1));
      if (i % 3 === 0) await wire.end();
    }
    for (let i = 0; i < 30; i++) {
      // What comes back is not read, so closing resets the connection.
      using wire = await Wire.open(stage.addr);
      await wire.send("OP=GET;IND=0;\n".repeat(100) + "OP=PU");
      await wire.take(1);
    }
    await until(() => stage.node.connections === 0, "no connection is left");
    using wire = await Wire.open(stage.addr);
    assertEquals(await wire.ask("OP=GET;IND=0;"), "OP=GET;IND=0;DATA=10;");
  });

  test(`table ${kind} turns away who is one too many with a message, and a place freed can be used`, async () => {
    await using stage = await Stage.start(kind, { maxConnections: 3 });
    const wires = [];
    for (let i = 0; i < 3; i++) wires.push(await Wire.open(stage.addr));
    for (const wire of wires) {
      assertEquals(await wire.ask("OP=GET;IND=0;"), "OP=GET;IND=0;DATA=10;");
    }
    for (let i = 0; i < 3; i++) {
      using extra = await Wire.open(stage.addr);
      await extra.send("OP=CLR;\n");
      assertEquals(
        await extra.rest(true),
        "OP=ERR;CODE=503;MSG=All 3 connections are in use, try again later;\n",
      );
    }
    wires[1].close();
    await until(() => stage.node.connections === 2, "a place is free");
    using next = await Wire.open(stage.addr);
    assertEquals(await next.ask("OP=GET;IND=0;"), "OP=GET;IND=0;DATA=10;");
    for (const wire of wires) wire.close();
  });

  test(`table ${kind} serves 1 000 connections at once`, async () => {
    await using stage = await Stage.start(kind);
    const wires = await Promise.all(Array.from({ length: 1000 }, () => Wire.open(stage.addr)));
    try {
      const replies = await Promise.all(wires.map((wire, i) => wire.ask(`OP=GET;IND=${i % 3};`)));
      replies.forEach((reply, i) => assertEquals(reply, `OP=GET;IND=${i % 3};DATA=${10 + i % 3};`));
      assertEquals(stage.node.connections, 1000);
    } finally {
      for (const wire of wires) wire.close();
    }
    await until(() => stage.node.connections === 0, "all have left");
  });

  test(`table ${kind} closes at once when it is told to`, async () => {
    const stage = await Stage.start(kind);
    using idle = await Wire.open(stage.addr);
    using busy = await Wire.open(stage.addr);
    await idle.ask("OP=GET;IND=0;");
    await busy.send("OP=PUT;IND=0;");
    await busy.send("DATA=");
    await within(stage[Symbol.asyncDispose](), "the nodes to close");
    assertEquals([await idle.rest(true), await busy.rest(true)], ["", ""]);
  });

  test(`table ${kind} finishes a message that has begun when it drains, and takes no new connection`, async () => {
    await using stage = await Stage.start(kind);
    using idle = await Wire.open(stage.addr);
    using busy = await Wire.open(stage.addr);
    await idle.ask("OP=GET;IND=0;");
    await busy.ask("OP=GET;IND=0;");
    await busy.send("OP=PUT;IND=0;");
    await idle.ask("OP=GET;IND=0;");
    const drained = stage.node.drain(5_000);
    assertEquals(await idle.rest(true), "");
    const refused = await Wire.open(stage.addr).then(() => "taken", () => "refused");
    assertEquals(refused, "refused");
    await busy.send("DATA=77;\n");
    assertEquals(await busy.rest(), "OP=PUT;IND=0;DATA=77;\n");
    busy.close();
    await within(drained, "the drain");
  });

  test(`table ${kind} loses no reply to a client that goes on sending while it drains`, async () => {
    await using stage = await Stage.start(kind);
    using wire = await Wire.open(stage.addr);
    await wire.ask("OP=GET;IND=0;");
    await wire.send("OP=PUT;IND=0;");
    using other = await Wire.open(stage.addr);
    await other.ask("OP=GET;IND=0;");
    const drained = stage.node.drain(5_000);
    await wire.send("DATA=78;\n");
    const more = wire.send("OP=GET;IND=0;\n".repeat(50_000)).catch(() => {});
    assertStringIncludes(await wire.rest(), "OP=PUT;IND=0;DATA=78;\n");
    await more;
    wire.close();
    await within(drained, "the drain");
  });
}
