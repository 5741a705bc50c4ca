/**
 * The story that the demo of the HTTP system plays.
 *
 * @module
 */

/** One step of the story. */
export interface HttpStoryStep {
  /** What happens, in a few words. */
  readonly title: string;
  /** What to look at. */
  readonly point: string;
  /** What is asked for. */
  readonly path: string;
  /** Fields of the request. */
  readonly fields?: readonly (readonly [name: string, value: string])[];
  /** New content of a file, before the request. */
  readonly change?: string;
  /** The origin is stopped, before the request. */
  readonly stop?: boolean;
}

/** Cache-Control of the files in the story. */
export const HTTP_STORY_RULES: readonly (readonly [glob: string, value: string])[] = [
  ["1.txt", "max-age=60"],
  ["news.txt", "max-age=0, stale-if-error=600"],
  ["private.txt", "no-store"],
];

/** The files of the story. */
export const HTTP_STORY_FILES: readonly (readonly [name: string, content: string])[] = [
  ["1.txt", "first edition\n"],
  ["news.txt", "the news of the day\n"],
  ["private.txt", "not for the cache\n"],
];

const RELOAD = [["Cache-Control", "no-cache"]] as const;

/** The story. */
export const HTTP_STORY: readonly HttpStoryStep[] = [
  {
    title: "GET /1.txt",
    point: "a miss: fetched from the origin, and stored on the way, fresh for 60 seconds",
    path: "/1.txt",
  },
  {
    title: "GET /1.txt",
    point: "a hit: nothing goes to the origin",
    path: "/1.txt",
  },
  {
    title: "GET /1.txt, reload",
    point: "the client wants to be sure: the origin is asked whether it changed, and says 304",
    path: "/1.txt",
    fields: RELOAD,
  },
  {
    title: "The file changes; GET /1.txt, reload",
    point: "the origin answers with the new content, which takes the place of the old",
    path: "/1.txt",
    fields: RELOAD,
    change: "second edition\n",
  },
  {
    title: "GET /private.txt",
    point: "no-store: passed through, and asked for again each time",
    path: "/private.txt",
  },
  {
    title: "GET /news.txt",
    point: "stored, though stale at once: it may be used if the origin should fail",
    path: "/news.txt",
  },
  {
    title: "The origin stops; GET /1.txt",
    point: "still fresh: a hit all the same",
    path: "/1.txt",
    stop: true,
  },
  {
    title: "GET /news.txt",
    point: "the origin can't be reached, and stale-if-error allows the stored answer",
    path: "/news.txt",
  },
  {
    title: "GET /private.txt",
    point: "nothing is stored that could stand in: 502",
    path: "/private.txt",
  },
];
