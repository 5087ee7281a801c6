import { expect, test } from "vitest";
import { pageClock } from "~/browser/page/page-clock";
import { newId } from "~/conversation/session/session-id";
import { leaveHandoff, leaveKeyring, takeHandoff } from "./handoff";
import { createSeal } from "./seal";

/** A server with one shelf. */
function fakeServer() {
  const boxes = new Map<string, string>();
  return {
    boxes,
    putHandoff(id: string, sealed: string) {
      boxes.set(id, sealed);
      return Promise.resolve({ expiresInSeconds: 600 });
    },
    claimHandoff: (id: string) => Promise.resolve({ sealed: boxes.get(id) ?? "" }),
  };
}

const conversation = (id: string, flags: { pinned?: true; archived?: true } = {}) => ({
  id,
  title: "Tea & ‮更多",
  updatedAt: "2026-01-01T00:00:00.000Z",
  saved: true,
  ...flags,
});

test("conversations left on one device are taken on the other, and the server cannot read them", async () => {
  const server = fakeServer();
  const list = [conversation(newId(), { pinned: true }), conversation(newId(), { archived: true })];
  const { secret, count, expiresAt } = await leaveHandoff({ api: server, clock: pageClock }, list, newId);
  expect(count).toBe(2);
  expect(expiresAt - Date.now()).toBeGreaterThan(590_000);
  const boxes = JSON.stringify([...server.boxes]);
  for (const hidden of [secret, list[0]!.id, "Tea"]) expect(boxes).not.toContain(hidden);
  expect(await takeHandoff({ api: server, clock: pageClock }, secret)).toEqual({
    conversations: list,
    keyringSecret: null,
  });
});

test("the secret of a keyring is left on one device and taken on the other, and the server cannot read it", async () => {
  const server = fakeServer();
  const { secret, count } = await leaveKeyring({ api: server, clock: pageClock }, "the secret", newId);
  expect(count).toBeNull();
  expect(JSON.stringify([...server.boxes])).not.toContain("the secret");
  expect(await takeHandoff({ api: server, clock: pageClock }, secret)).toEqual({
    conversations: [],
    keyringSecret: "the secret",
  });
});

test("of too many conversations the first ones are left, and counted", async () => {
  const server = fakeServer();
  const list = Array.from({ length: 2_000 }, () => conversation(newId()));
  const { secret, count } = await leaveHandoff({ api: server, clock: pageClock }, list, newId);
  expect(count).toBeGreaterThan(300);
  expect(count).toBeLessThan(2_000);
  expect([...server.boxes.values()][0]!.length).toBeLessThan((65_536 * 4) / 3);
  expect(await takeHandoff({ api: server, clock: pageClock }, secret)).toMatchObject({
    conversations: list.slice(0, count!),
  });
});

test("a hand-off cannot be opened with another secret", async () => {
  const server = fakeServer();
  await leaveHandoff({ api: server, clock: pageClock }, [conversation(newId())], newId);
  await expect(takeHandoff({ api: server, clock: pageClock }, newId())).rejects.toMatchObject({
    name: "SealError",
  });
  await expect(takeHandoff({ api: server, clock: pageClock }, "no secret")).rejects.toMatchObject({
    name: "SealError",
  });
});

test.each<[string, object, object]>([
  [
    "a date of the future",
    { updatedAt: "9999-12-31T00:00:00.000Z" },
    { updatedAt: "2026-06-01T00:00:00.000Z" },
  ],
  [
    "a date beyond years",
    { updatedAt: "+275760-09-13T00:00:00.000Z" },
    { updatedAt: "2026-06-01T00:00:00.000Z" },
  ],
  ["a text for a date", { updatedAt: "zzz" }, { updatedAt: "" }],
  [
    "a date in another form",
    { updatedAt: "Thu, 01 Jan 2026 00:00:00 GMT" },
    { updatedAt: "2026-01-01T00:00:00.000Z" },
  ],
  ["a title of 40,000 letters", { title: "x".repeat(40_000) }, { title: "x".repeat(200) }],
  [
    "a title that is cut inside a character",
    { title: `${"x".repeat(199)}💥` },
    { title: `${"x".repeat(199)}\uFFFD` },
  ],
  ["a title that is no text", { title: { toString: 1 } }, { title: "" }],
  ["fields of other kinds", { pinned: "yes", saved: false, __proto__: null, more: [] }, {}],
])("a planted hand-off with %s is taken in the form of any conversation", async (_, planted, taken) => {
  const [server, secret, id] = [fakeServer(), newId(), newId()];
  const seal = await createSeal(secret);
  const others = [null, "x", [], { id: "../../x" }, { id: `${id}\n` }, { id: { length: 22 } }];
  server.boxes.set(seal.id, seal.close([{ ...conversation(id), ...planted }, ...others]));
  const clock = { now: () => Date.UTC(2026, 5, 1) };
  expect(await takeHandoff({ api: server, clock }, secret)).toMatchObject({
    conversations: [{ ...conversation(id), ...taken }],
  });
});

test.each<[string, (sealed: string) => string]>([
  ["is cut off", (sealed) => sealed.slice(0, -4)],
  ["is empty", () => ""],
  ["is shorter than its nonce", (sealed) => sealed.slice(0, 20)],
  ["has other characters", (sealed) => `${sealed.slice(0, -1)}+`],
  ["is changed", (sealed) => (sealed.startsWith("A") ? "B" : "A") + sealed.slice(1)],
])("a box that %s is not opened", async (_, change) => {
  const [server, secret] = [fakeServer(), newId()];
  const seal = await createSeal(secret);
  server.boxes.set(seal.id, change(seal.close([conversation(newId())])));
  const taken = takeHandoff({ api: server, clock: pageClock }, secret);
  await expect(taken).rejects.toMatchObject({ name: "SealError" });
});
