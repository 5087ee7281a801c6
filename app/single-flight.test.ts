import { expect, test } from "vitest";
import { createSingleFlight } from "./single-flight";

test("calls during a flight share its outcome, and a later call runs the work again", async () => {
  const once = createSingleFlight<number>();
  const flights: { land: (value: number) => void; fail: (error: Error) => void }[] = [];
  const work = () => new Promise<number>((land, fail) => flights.push({ land, fail }));
  const first = [once("a", work), once("a", work), once("b", work)];
  expect(flights).toHaveLength(2);
  flights[0]!.land(1);
  flights[1]!.fail(new Error("no"));
  expect(await Promise.allSettled(first)).toMatchObject([
    { value: 1 },
    { value: 1 },
    { reason: { message: "no" } },
  ]);
  const again = [once("a", work), once("b", work)];
  flights[2]!.land(2);
  flights[3]!.land(3);
  expect(await Promise.all(again)).toEqual([2, 3]);
});
