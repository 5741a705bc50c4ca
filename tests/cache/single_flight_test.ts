import { assertEquals, assertRejects } from "../asserts.ts";
import { test } from "../harness.ts";
import { SingleFlight } from "../../cache/single_flight.ts";

test("SingleFlight does the work for a key once for all who ask meanwhile", async () => {
  const flights = new SingleFlight<string, number>();
  let works = 0;
  let land: (value: number) => void = () => {};
  const work = () => {
    works++;
    return new Promise<number>((resolve) => land = resolve);
  };
  const asked = [flights.run("a", work), flights.run("a", work), flights.run("a", work)];
  assertEquals([flights.size, flights.has("a"), flights.has("b")], [1, true, false]);
  await Promise.resolve();
  land(7);
  assertEquals([await Promise.all(asked), works], [[7, 7, 7], 1]);
  assertEquals(flights.size, 0);
  const next = flights.run("a", work);
  await Promise.resolve();
  land(8);
  assertEquals([await next, works], [8, 2]);
});

test("SingleFlight gives a failure to all who wait, and does not keep it", async () => {
  const flights = new SingleFlight<string, number>();
  const fails = () => Promise.reject(new Error("no"));
  const asked = [flights.run("a", fails), flights.run("a", fails)];
  for (const one of asked) await assertRejects(() => one, Error, "no");
  assertEquals(flights.size, 0);
  await assertRejects(
    () =>
      flights.run("a", () => {
        throw new Error("at once");
      }),
    Error,
    "at once",
  );
  assertEquals(await flights.run("a", () => Promise.resolve(1)), 1);
});

test("SingleFlight begins anew for a key that was forgotten, and the old work leaves the new alone", async () => {
  const flights = new SingleFlight<string, number>();
  const lands: ((value: number) => void)[] = [];
  const work = () => new Promise<number>((resolve) => lands.push(resolve));
  const first = flights.run("a", work);
  flights.forget("a");
  const second = flights.run("a", work);
  await Promise.resolve();
  lands[0](1);
  assertEquals(await first, 1);
  assertEquals(flights.has("a"), true);
  lands[1](2);
  assertEquals(await second, 2);
});
