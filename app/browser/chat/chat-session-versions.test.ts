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
  test("is shown at once, with what was said under it last, and the server is told", async () => {
    const { chat, api } = await openedTab();
    const patch = vi.spyOn(api, "patch");
    chat.showVersion("u1");
    expect(read(chat.getSnapshot())).toEqual(["Ants?", "Many.", "Queens?", "One."]);
    await settle();
    expect(patch).toHaveBeenCalledWith({ head: "a2" });
    expect(read(chat.getSnapshot())).toEqual(["Ants?", "Many.", "Queens?", "One."]);
  });

  test("is followed by what is said next", async () => {
    const { chat, server } = await openedTab();
    chat.showVersion("u1");
    chat.send("And drones?", null);
    await settle();
    expect(server.posts.at(-1)).toMatchObject({ parentId: "a2" });
  });

  test("that the server does not take is taken back, and the person is told", async () => {
    const { chat, api } = await openedTab();
    api.patch = async () => {
      throw new ApiError("volume_unavailable", "The storage is not answering.", 503);
    };
    chat.showVersion("u1");
    await settle();
    expect(read(chat.getSnapshot())).toEqual(["Bees?", "More."]);
    expect(chat.getSnapshot().problem).toMatchObject({ error: { code: "volume_unavailable" } });
  });

  test("that another tab has chosen since is what stays", async () => {
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
  test("goes out in the place of the old one, and the composer keeps what is in it", async () => {
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

  test("is not sent without words, and an answer is no question", async () => {
    const { chat, server } = await openedTab();
    expect(chat.edit("u2", "  ", null)).toBe(false);
    expect(chat.edit("a2", "Words", null)).toBe(false);
    await settle();
    expect(server.posts).toEqual([]);
  });
});
