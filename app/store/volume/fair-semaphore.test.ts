import { expect, test } from "vitest";
import { createFairSemaphore, NODE, type WorkKind, type FairSemaphoreOptions } from "./fair-semaphore";

const never = new AbortController().signal;

/** Takes slots, and notes who has got one, in what order. */
function open(options: Partial<FairSemaphoreOptions> = {}) {
  const semaphore = createFairSemaphore({
    burstBytes: 0,
    count: 1,
    reserved: 0,
    maxWaiting: 100,
    onOverflow: () => new Error("too many"),
    ...options,
  });
  const got: string[] = [];
  const giveBack = new Map<string, () => void>();
  const take = (name: string, kind: WorkKind = "interactive", signal = never) =>
    semaphore.take(kind, name.startsWith("node") ? NODE : name.split(" ")[0]!, signal).then(
      (back) => {
        got.push(name);
        giveBack.set(name, back);
      },
      (error: Error) => void got.push(`${name}: ${error.message}`),
    );
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  return {
    take,
    got,
    settled,
    async end(name: string) {
      giveBack.get(name)!();
      await settled();
    },
  };
}

test("everybody has a turn before anybody has another, and one's own come in order", async () => {
  const { take, got, settled, end } = open();
  for (const name of ["a 1", "a 2", "a 3", "a 4", "b 1", "b 2", "c 1"]) void take(name);
  await settled();
  for (let count = 1; count < 7; count++) await end(got.at(-1)!);
  expect(got).toEqual(["a 1", "b 1", "c 1", "a 2", "b 2", "a 3", "a 4"]);
});

test("the node itself is before everybody, however many wait", async () => {
  const { take, got, settled, end } = open();
  for (const name of ["a 1", "a 2", "b 1", "node 1", "c 1", "node 2"]) void take(name);
  await settled();
  for (let count = 1; count < 6; count++) await end(got.at(-1)!);
  expect(got).toEqual(["a 1", "node 1", "node 2", "b 1", "c 1", "a 2"]);
});

test("neither kind keeps the other from its part, and each may have more than that", async () => {
  const { take, got, settled, end } = open({ count: 3, reserved: 1 });
  for (let count = 1; count <= 5; count++) void take(`asked ${count}`);
  for (let count = 1; count <= 5; count++) void take(`steady ${count}`, "steady");
  await settled();
  expect(got).toEqual(["asked 1", "asked 2", "asked 3", "steady 1"]);
  // Where both wait, what must go on has its part, and more when nobody else waits.
  await end("steady 1");
  expect(got.slice(4)).toEqual(["steady 2"]);
  await end("asked 1");
  await end("asked 2");
  await end("asked 3");
  expect(got.slice(5)).toEqual(["asked 4", "asked 5", "steady 3"]);
});

test("where too many wait, who has the most of them is refused, and who comes with few is not", async () => {
  const { take, got, settled, end } = open({ maxWaiting: 3 });
  for (const name of ["a 1", "a 2", "a 3", "a 4", "a 5", "b 1"]) void take(name);
  await settled();
  expect(got).toEqual(["a 1", "a 5: too many", "a 4: too many"]);
  for (let count = 0; count < 3; count++) await end(got.filter((name) => !name.includes(":")).at(-1)!);
  expect(got.slice(3)).toEqual(["b 1", "a 2", "a 3"]);
});

test("an operation that moves many bytes costs its address as many turns as small ones would", async () => {
  const semaphore = createFairSemaphore({
    burstBytes: 0,
    count: 1,
    reserved: 0,
    maxWaiting: 100,
    onOverflow: () => new Error("too many"),
  });
  const got: string[] = [];
  const first = await semaphore.take("interactive", "x", never);
  const use = async (name: string, { writes = 0, reads = 0 }) => {
    const giveBack = await semaphore.take("interactive", name, never, writes);
    got.push(name);
    giveBack(reads);
  };
  const used = [
    ...Array.from({ length: 2 }, () => use("writer", { writes: 5 * 4_096 })),
    ...Array.from({ length: 2 }, () => use("reader", { reads: 5 * 4_096 })),
    ...Array.from({ length: 10 }, () => use("light", {})),
  ];
  first();
  await Promise.all(used);
  expect(got.slice(0, 3)).toEqual(["writer", "reader", "light"]);
  expect(got.indexOf("writer", 1)).toBeGreaterThan(6);
  expect(got.indexOf("reader", 2)).toBeGreaterThan(6);
});

test("who does not want to wait any longer has no turn", async () => {
  const { take, got, settled, end } = open();
  const impatient = new AbortController();
  void take("a 1");
  void take("a 2", "interactive", impatient.signal);
  void take("b 1");
  await settled();
  impatient.abort(new Error("gone"));
  await end("a 1");
  expect(got).toEqual(["a 1", "a 2: gone", "b 1"]);
});
