import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ApiError } from "./api-error";
import { assistant, fakeServer, openTab, read, settle, user } from "./fake-chat";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A conversation whose question was changed once: `u1 ← a1 ← u2 ← a2`, and `v1 ← b1`, which is shown. */
async function openedTab() {
  const { server, api } = fakeServer();
  server.commit({
    messages: [
      user("u1", "Ants?"),
      assistant("a1", "Many.", "u1"),
      user("u2", "Queens?", "a1"),
      assistant("a2", "One.", "u2"),
      user("v1", "Bees?"),
      assistant("b1", "More.", "v1"),
    ],
    head: "b1",
  });
  const tab = openTab(api);
  await settle();
  return { server, api, ...tab };
}

describe("another version", () => {
  test("another version is shown at once, with the newest branch under it, and saved on the server", async () => {
    const { chat, api } = await openedTab();
    const patch = vi.spyOn(api, "patch");
    chat.showVersion("u1");
    expect(read(chat.getSnapshot())).toEqual(["Ants?", "Many.", "Queens?", "One."]);
    await settle();
    expect(patch).toHaveBeenCalledWith({ head: "a2" });
    expect(read(chat.getSnapshot())).toEqual(["Ants?", "Many.", "Queens?", "One."]);
  });

  test("the next message follows the picked version", async () => {
    const { chat, server } = await openedTab();
    chat.showVersion("u1");
    chat.send("And drones?", null);
    await settle();
    expect(server.posts.at(-1)).toMatchObject({ parentId: "a2" });
  });

  test("a picked version that the server refuses is undone, with an error", async () => {
    const { chat, api } = await openedTab();
    api.patch = async () => {
      throw new ApiError("volume_unavailable", "The storage is not answering.", 503);
    };
    chat.showVersion("u1");
    await settle();
    expect(read(chat.getSnapshot())).toEqual(["Bees?", "More."]);
    expect(chat.getSnapshot().problem).toMatchObject({ error: { code: "volume_unavailable" } });
  });

  test("a version that another tab has picked later stays", async () => {
    const { chat, server } = await openedTab();
    chat.showVersion("u1");
    await settle();
    server.commit({ head: "a1" });
    await server.sendSession();
    await settle();
    expect(read(chat.getSnapshot())).toEqual(["Ants?", "Many."]);
  });
});

describe("a question that is changed", () => {
  test("an edited question is sent as a new version, and the composer keeps its text", async () => {
    const { chat, server, draft } = await openedTab();
    draft.set("Something else");
    expect(chat.edit("u2", "Drones?", "m")).toBe(true);
    expect(read(chat.getSnapshot())).toEqual(["Ants?", "Many.", "Drones? (sending)"]);
    await settle();
    expect(server.posts.at(-1)).toMatchObject({
      message: { parts: [{ type: "text", text: "Drones?" }] },
      parentId: "a1",
      modelId: "m",
    });
    expect(draft.getSnapshot()).toBe("Something else");
  });

  test("an edited question without text is not sent, and an answer cannot be edited", async () => {
    const { chat, server } = await openedTab();
    expect(chat.edit("u2", "  ", null)).toBe(false);
    expect(chat.edit("a2", "Words", null)).toBe(false);
    await settle();
    expect(server.posts).toEqual([]);
  });
});
