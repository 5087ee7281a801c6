import { beforeEach, describe, expect, test, vi } from "vitest";
import { ApiError } from "./api-error";
import { assistant, fakeServer, openTab, read, readLate, settle, user } from "./fake-chat";
import { messageRequestsOf } from "./sending/message-requests";

beforeEach(() => void vi.useFakeTimers());

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
  return { server, api, versions: messageRequestsOf(tab.chat.requests), ...tab };
}

describe("another version", () => {
  test("another version is shown at once, with the newest branch under it, and saved on the server", async () => {
    const { chat, versions, api } = await openedTab();
    const patch = vi.spyOn(api, "patch");
    versions.showVersion("u1");
    expect(read(chat.getSnapshot())).toEqual(["Ants?", "Many.", "Queens?", "One."]);
    await settle();
    expect(patch).toHaveBeenCalledWith({ head: "a2" });
    expect(read(chat.getSnapshot())).toEqual(["Ants?", "Many.", "Queens?", "One."]);
  });

  test("the next message follows the picked version", async () => {
    const { chat, versions, server } = await openedTab();
    versions.showVersion("u1");
    chat.send("And drones?", null);
    await settle();
    expect(server.posts.at(-1)).toMatchObject({ parentId: "a2" });
  });

  test("a picked version that the server refuses is undone, with an error", async () => {
    const { chat, versions, api } = await openedTab();
    api.patch = async () => {
      throw new ApiError("volume_unavailable", "The storage is not answering.", 503);
    };
    versions.showVersion("u1");
    await settle();
    expect(read(chat.getSnapshot())).toEqual(["Bees?", "More."]);
    expect(chat.getSnapshot().problem).toMatchObject({ error: { code: "volume_unavailable" } });
  });

  test("versions that are stepped through are saved in order, and what was read before does not take them back", async () => {
    const { chat, versions, api, server } = await openedTab();
    const answers: (() => void)[] = [];
    const heads: unknown[] = [];
    api.patch = ({ head }) => {
      heads.push(head);
      return new Promise((resolve) =>
        answers.push(() => {
          server.commit({ head: head! });
          resolve();
        }),
      );
    };
    const arrive = await readLate({ server, api });
    versions.showVersion("u1");
    versions.showVersion("v1");
    versions.showVersion("u1");
    await settle();
    expect(heads).toEqual(["a2"]);
    for (const _ of [1, 2, 3]) {
      answers.shift()!();
      await settle();
      expect(read(chat.getSnapshot())).toEqual(["Ants?", "Many.", "Queens?", "One."]);
    }
    expect(heads).toEqual(["a2", "b1", "a2"]);
    await arrive();
    expect(read(chat.getSnapshot())).toEqual(["Ants?", "Many.", "Queens?", "One."]);
  });

  test("a message waits for the version that it follows, which else would hide it", async () => {
    const { chat, versions, api, server } = await openedTab();
    const answered = Promise.withResolvers<void>();
    api.patch = () => answered.promise;
    versions.showVersion("u1");
    chat.send("And drones?", null);
    await settle();
    expect(server.posts).toEqual([]);
    answered.reject(new ApiError("unreachable", "The server cannot be reached.", 0));
    await settle();
    expect(server.posts).toMatchObject([{ parentId: "a2" }]);
  });

  test("a version that another tab has picked later stays", async () => {
    const { chat, versions, server } = await openedTab();
    versions.showVersion("u1");
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
