/**
 * The story that the demo of the calculator system plays: what is asked, step by step, and why it is worth watching.
 *
 * @module
 */

/** One step of the story. */
export interface CalcStoryStep {
  /** What happens, in a few words. */
  readonly title: string;
  /** What to look at. */
  readonly point: string;
  /** The expression that the client asks for. */
  readonly expression: string;
  /** Whether the server is stopped before. */
  readonly serverGone?: boolean;
}

const LONG = "(sin(max(2, 3 * 4, 5, 6 * ((7 * 8) / 9), 10 / 11)) / 12) * 13";
const SHORT = "max(2, 3) + 3";

/** The story. */
export const CALC_STORY: readonly CalcStoryStep[] = [
  {
    title: "A long expression",
    point: "the proxy has nothing yet, and asks the server, which writes down every step",
    expression: LONG,
  },
  {
    title: "The same again",
    point: "the proxy answers by itself: the server sees nothing of it",
    expression: LONG,
  },
  {
    title: "A shorter one",
    point: "other bytes, so another entry of the cache; the connections are those of before",
    expression: SHORT,
  },
  {
    title: "The server goes away",
    point: "what is kept can still be answered",
    expression: SHORT,
    serverGone: true,
  },
  {
    title: "Something new",
    point: "the proxy tries five times, and then says so",
    expression: "1 + 99",
    serverGone: true,
  },
];
