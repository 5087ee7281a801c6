import { expect, test } from "vitest";
import { ExpectedError } from "~/conversation/expected-error";
import { sweepEach } from "./sweep-each";

const goOn = new AbortController().signal;
const isFolder = Object.assign(new Error("a folder"), { code: "EISDIR" });

/** Sweeps items, of which some cannot be swept. @returns those that were, and the error of the sweep */
async function sweep(items: number[], failing: number[], error: Error) {
  const swept: number[] = [];
  const failure = await sweepEach(items, goOn, async (item) => {
    if (failing.includes(item)) throw error;
    swept.push(item);
  }).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  return { swept, failure };
}

test("items that cannot be swept keep no other one from being swept, and are reported at the end", async () => {
  const { swept, failure } = await sweep([1, 2, 3, 4], [1, 3], isFolder);
  expect(swept).toEqual([2, 4]);
  expect(failure).toMatchObject({ message: "2 could not be swept", cause: isFolder });
});

test("a sweep ends at once on a volume that is away, and where one item after the other cannot be swept", async () => {
  const away = new ExpectedError("volume_unavailable", "away");
  expect(await sweep([1, 2, 3], [2], away)).toEqual({ swept: [1], failure: away });
  const all = Array.from({ length: 1_000 }, (_, index) => index);
  expect(await sweep(all, all.slice(1, -1), isFolder)).toEqual({ swept: [0], failure: isFolder });
});

test("a sweep ends when it is aborted", async () => {
  const stop = new AbortController();
  const swept: number[] = [];
  await sweepEach([1, 2, 3], stop.signal, async (item) => {
    swept.push(item);
    stop.abort();
  });
  expect(swept).toEqual([1]);
});
