/**
 * The story that the demo of the table system plays: what the client says, step by step, and why it is worth watching.
 *
 * @module
 */

/** One step of the story. */
export interface StoryStep {
  /** What happens, in a few words. */
  readonly title: string;
  /** What to look at. */
  readonly point: string;
  /** The messages of the client. */
  readonly messages: readonly string[];
}

/** The indices `from` to `to`, each with a value of the same number. */
function putEach(from: number, to: number): string[] {
  return Array.from(
    { length: to - from + 1 },
    (_, i) => `OP=PUT;IND=${from + i};DATA=${from + i};`,
  );
}

/** The story, with a table of 10 entries and a proxy that holds 5 of them. */
export const TABLE_STORY: readonly StoryStep[] = [
  {
    title: "PUT 0..4 = 0..4",
    point: "the server is written first, then the cache; the most recent entry stands first",
    messages: putEach(0, 4),
  },
  {
    title: "PUT 5..9 = 5..9",
    point: "the cache holds five entries: each new one overwrites the least recent",
    messages: putEach(5, 9),
  },
  {
    title: "PUT 0 = 12",
    point: "an entry that is not cached comes in, and 5 makes room",
    messages: ["OP=PUT;IND=0;DATA=12;"],
  },
  {
    title: "PUT 1 = 45",
    point: "the same again, and 6 makes room",
    messages: ["OP=PUT;IND=1;DATA=45;"],
  },
  {
    title: "ADD 0, 1, 9",
    point: "all three are cached, so nothing goes to the server",
    messages: ["OP=ADD;IND=0,1,9;"],
  },
  {
    title: "GET 1, 3, 5",
    point: "1 comes from the cache, 3 and 5 are fetched in one round trip",
    messages: ["OP=GET;IND=1,3,5;"],
  },
  {
    title: "CLR",
    point: "every entry of server and proxy becomes empty",
    messages: ["OP=CLR;"],
  },
];
