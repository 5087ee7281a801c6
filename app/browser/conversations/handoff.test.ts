import { expect, test } from "vitest";
import { pageClock } from "~/browser/page/page-clock";
import { newId } from "~/conversation/session-id";
import { leaveHandoff, takeHandoff } from "./handoff";

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

const conversation = (id: string, pinned = false) => ({
  id,
  title: "Tea & ‮更多",
  updatedAt: "2026-01-01T00:00:00.000Z",
  saved: true,
  pinned,
});

test("conversations left on one device are taken on the other, and the server cannot read them", async () => {
  const server = fakeServer();
  const list = [conversation(newId(), true), conversation(newId())];
  const { secret, count, expiresAt } = await leaveHandoff({ api: server, clock: pageClock }, list, newId);
  expect(count).toBe(2);
  expect(expiresAt - Date.now()).toBeGreaterThan(590_000);
  const told = JSON.stringify([...server.boxes]);
  for (const hidden of [secret, list[0]!.id, "Tea"]) expect(told).not.toContain(hidden);
  expect(await takeHandoff(server, secret)).toEqual(list);
});

test("of too many conversations the first ones are left, and counted", async () => {
  const server = fakeServer();
  const list = Array.from({ length: 2_000 }, () => conversation(newId()));
  const { secret, count } = await leaveHandoff({ api: server, clock: pageClock }, list, newId);
  expect(count).toBeGreaterThan(300);
  expect(count).toBeLessThan(2_000);
  expect([...server.boxes.values()][0]!.length).toBeLessThan((65_536 * 4) / 3);
  expect(await takeHandoff(server, secret)).toEqual(list.slice(0, count));
});

test("a hand-off cannot be opened with another secret", async () => {
  const server = fakeServer();
  await leaveHandoff({ api: server, clock: pageClock }, [conversation(newId())], newId);
  await expect(takeHandoff(server, newId())).rejects.toMatchObject({ name: "SealError" });
  await expect(takeHandoff(server, "no secret")).rejects.toMatchObject({ name: "SealError" });
});
