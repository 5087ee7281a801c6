import { beforeEach, describe, expect, test, vi } from "vitest";
import type { SessionView } from "~/conversation/api";
import { editSettings, type SettingsEdit } from "~/conversation/session/edit-session";
import { ApiError } from "./api-error";
import type { ChatSession } from "./chat-session";
import { assistant, fakeServer, openTab, readLate, reply, settle, user } from "./fake-chat";
import { messageRequestsOf } from "./sending/message-requests";

beforeEach(() => void vi.useFakeTimers());

const refused = new ApiError("bad_request", "No.", 400);
const messages = [user("u1", "Hi"), assistant("a1", "Hello", "u1")];
const said: Partial<SessionView> = { messages, head: "a1" };

/** A server that saves settings as the real one does, and a storage that outlives the tab. */
function server() {
  const { server, api } = fakeServer();
  const saved: SettingsEdit[] = [];
  api.patch = async ({ settings = {} }) => {
    if (server.isDown) throw new ApiError("unreachable", "The server cannot be reached.", 0);
    saved.push(settings);
    server.commit({ settings: editSettings(server.session!.settings, settings) });
  };
  return { server, api, saved, storage: new Map<string, string>() };
}

async function openedTab() {
  const world = server();
  world.server.commit(said);
  const tab = openTab(world.api, { storage: world.storage });
  await settle();
  return { ...world, ...tab };
}

const keys = (storage: Map<string, string>) =>
  [...storage.keys()].filter((key) => /settings|edits/.test(key));

describe("settings that are made before there is a conversation", () => {
  test("settings of a new session are sent with its first message, also after a reload", async () => {
    const {
      server: { posts },
      api,
      storage,
    } = server();
    openTab(api, { storage, isSaved: false }).chat.changeSettings({ instructions: "Rhyme." });
    const { chat } = openTab(api, { storage, isSaved: false });
    chat.changeSettings({ temperature: 0.2 });
    chat.send("Hi", null);
    await settle();
    expect(posts).toMatchObject([{ settings: { instructions: "Rhyme.", temperature: 0.2 } }]);
  });

  test("settings changed while the first message is being sent are saved after it", async () => {
    const { server: node, api, saved, storage } = server();
    const { chat } = openTab(api, { storage, isSaved: false });
    const answered = Promise.withResolvers<{ rev: number; replyId: string }>();
    api.post = () => answered.promise;
    chat.changeSettings({ instructions: "Rhyme." });
    chat.send("Hi", null);
    chat.changeSettings({ instructions: "Prose." });
    await settle();
    node.commit({ ...said, settings: { modelId: "demo", instructions: "Rhyme." } });
    answered.resolve({ rev: 1, replyId: "r1" });
    await settle();
    expect(saved).toEqual([{ instructions: "Prose." }]);
    expect(chat.getSnapshot()).toMatchObject({
      session: { settings: { instructions: "Prose." } },
      pickedSettings: {},
    });
    expect(keys(storage)).toEqual([]);
  });
});

describe("settings of a conversation", () => {
  test("changed settings are shown at once, saved, and then removed from the browser's storage", async () => {
    const { chat, saved, storage } = await openedTab();
    chat.changeSettings({ instructions: "Rhyme." });
    expect(chat.getSnapshot().pickedSettings).toEqual({ instructions: "Rhyme." });
    await settle();
    expect(saved).toEqual([{ instructions: "Rhyme." }]);
    expect(chat.getSnapshot()).toMatchObject({
      session: { settings: { instructions: "Rhyme." } },
      pickedSettings: {},
      problem: null,
    });
    expect(keys(storage)).toEqual([]);
  });

  test("an effort is saved once the running reply has ended, which is what the server takes", async () => {
    const { chat, saved, server } = await openedTab();
    server.commit({ reply: reply("r2", "a2", "u1") });
    await server.sendSession();
    chat.changeSettings({ effort: "high" });
    await settle();
    expect(saved).toEqual([]);
    expect(chat.getSnapshot().pickedSettings).toEqual({ effort: "high" });
    server.commit({ reply: null, messages: [...messages, assistant("a2", "Hey", "u1")] });
    await server.sendSession();
    await settle();
    expect(saved).toEqual([{ effort: "high" }]);
    expect(chat.getSnapshot().session?.settings.effort).toBe("high");
  });

  test("what was read before settings were saved does not take them back", async () => {
    const { chat, api, saved, server } = await openedTab();
    const arrive = await readLate({ server, api });
    chat.changeSettings({ instructions: "Rhyme." });
    await settle();
    await arrive();
    expect(chat.getSnapshot().session?.settings.instructions).toBe("Rhyme.");
    chat.changeSettings({ instructions: "" });
    await settle();
    expect(saved).toEqual([{ instructions: "Rhyme." }, { instructions: "" }]);
  });

  test("settings are saved again after a node was killed", async () => {
    const { chat, saved, server } = await openedTab();
    server.isDown = true;
    chat.changeSettings({ instructions: "Rhyme." });
    await settle();
    server.isDown = false;
    await vi.advanceTimersByTimeAsync(1_000);
    expect(saved).toEqual([{ instructions: "Rhyme." }]);
    expect(chat.getSnapshot().problem).toBeNull();
  });

  test("settings are kept while no node answers, and saved without a notice when one does", async () => {
    const { chat, saved, server, setVisible } = await openedTab();
    server.isDown = true;
    chat.changeSettings({ instructions: "Rhyme." });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(chat.getSnapshot()).toMatchObject({
      pickedSettings: { instructions: "Rhyme." },
      problem: { error: { code: "unreachable" } },
    });
    server.isDown = false;
    await setVisible(false);
    await setVisible(true);
    expect(saved).toEqual([{ instructions: "Rhyme." }]);
    expect(chat.getSnapshot()).toMatchObject({ pickedSettings: {}, problem: null });
  });

  test("settings that a closed page has not saved are saved by the next page", async () => {
    const { chat, api, saved, server, storage, stop } = await openedTab();
    server.isDown = true;
    chat.changeSettings({ instructions: "Rhyme.", temperature: null });
    await settle();
    stop();
    await vi.advanceTimersByTimeAsync(10_000);
    server.isDown = false;
    openTab(api, { storage });
    await settle();
    expect(saved).toEqual([{ instructions: "Rhyme.", temperature: null }]);
    expect(keys(storage)).toEqual([]);
  });

  test("settings that the server refuses are kept, and not sent again automatically", async () => {
    const { chat, api, server, setVisible } = await openedTab();
    const patch = vi.spyOn(api, "patch").mockRejectedValue(refused);
    chat.changeSettings({ instructions: "Rhyme." });
    await settle();
    server.commit({ title: "Tea time" });
    await server.sendSession();
    await setVisible(false);
    await setVisible(true);
    expect(patch).toHaveBeenCalledTimes(1);
    expect(chat.getSnapshot()).toMatchObject({
      pickedSettings: { instructions: "Rhyme." },
      problem: { error: { code: "bad_request" } },
    });
    // Pressing Save again is another try.
    chat.changeSettings({});
    await settle();
    expect(patch).toHaveBeenCalledTimes(2);
  });

  test("settings changed again during a request end with the last values", async () => {
    const { chat, saved } = await openedTab();
    chat.changeSettings({ instructions: "Rhyme." });
    chat.changeSettings({ instructions: "" });
    await settle();
    expect(saved).toEqual([{ instructions: "Rhyme." }, { instructions: "" }]);
    expect(chat.getSnapshot()).toMatchObject({
      session: { settings: { instructions: "" } },
      pickedSettings: {},
    });
  });

  test("a message sent before the settings are saved carries them", async () => {
    const { chat, server } = await openedTab();
    server.isDown = true;
    chat.changeSettings({ instructions: "Rhyme." });
    chat.send("More", null);
    await settle();
    expect(server.posts).toMatchObject([{ settings: { instructions: "Rhyme." } }]);
  });

  test.each<[string, (chat: ChatSession) => void]>([
    ["a message", (chat) => void chat.send("More", null)],
    ["a Retry", (chat) => messageRequestsOf(chat.requests).retry("a1", null)],
  ])("are not overtaken by older ones that %s carries: they wait for it", async (_, act) => {
    const { chat, api, saved, server } = await openedTab();
    const answered = Promise.withResolvers<{ rev: number; replyId: string }>();
    api.post = () => answered.promise;
    act(chat);
    chat.changeSettings({ instructions: "Prose." });
    // The session is read before the answer to the request is there, and not again after it.
    server.commit({ title: "Tea time" });
    await server.sendSession();
    expect(chat.getSnapshot().session?.title).toBe("Tea time");
    expect(saved).toEqual([]);
    answered.resolve({ rev: 2, replyId: "r1" });
    await settle();
    expect(saved).toEqual([{ instructions: "Prose." }]);
  });

  test("unsaved settings are replaced by those that another tab has set later", async () => {
    const { chat, api, saved, server, storage, setVisible } = await openedTab();
    server.isDown = true;
    chat.changeSettings({ instructions: "Rhyme." });
    await vi.advanceTimersByTimeAsync(10_000);
    server.isDown = false;
    const other = openTab(api, { storage });
    other.chat.changeSettings({ instructions: "Prose." });
    await settle();
    await setVisible(false);
    await setVisible(true);
    expect(saved.at(-1)).toEqual({ instructions: "Prose." });
    expect(chat.getSnapshot().pickedSettings).toEqual({});
  });
});

test("the unfinished edit of a question is removed when it is sent, and when the session is deleted", async () => {
  const { chat, server, storage } = await openedTab();
  chat.edits.put("u1", "Hello there");
  expect(chat.edit("u1", " ", null)).toBe(false);
  expect(chat.edits.read("u1")).toBe("Hello there");
  expect(chat.edit("u1", "Hello there", null)).toBe(true);
  expect(chat.edits.read("u1")).toBeNull();
  await settle();
  server.isDown = true;
  chat.edits.put("u1", "Once more");
  chat.changeSettings({ instructions: "Rhyme." });
  await vi.advanceTimersByTimeAsync(10_000);
  expect(keys(storage)).toHaveLength(2);
  server.isDown = false;
  await chat.remove();
  expect(keys(storage)).toEqual([]);
});
