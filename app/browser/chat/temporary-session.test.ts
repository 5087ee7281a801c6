import { beforeEach, expect, test, vi } from "vitest";
import { pageClock } from "~/browser/page/page-clock";
import type { MessageAccepted } from "~/conversation/api";
import { settle } from "./fake-chat";
import { fakeSessions } from "./fake-sessions";
import { followTemporarySession } from "./temporary-session";

beforeEach(() => void vi.useFakeTimers());

function openTab() {
  const { api, conversations, sessions, toasts, serverOf } = fakeSessions();
  const page = { addEventListener: () => undefined };
  followTemporarySession({
    ...{ page, conversations, sessions, api, toasts, clock: pageClock, locks: undefined },
  });
  function begin() {
    conversations.startTemporary();
    const id = conversations.getSnapshot().currentId;
    const chat = sessions.get(id);
    chat.start();
    const removed = vi.spyOn(serverOf(id).api, "remove");
    return { id, chat, removed, ...serverOf(id) };
  }
  return { conversations, toasts, begin };
}

test("the answer to a message of a temporary conversation that was left does not count for the next one", async () => {
  const { conversations, begin } = openTab();
  const first = begin();
  const answer = Promise.withResolvers<MessageAccepted>();
  first.api.post = () => answer.promise;
  first.chat.send("Hi", null);
  conversations.startNew();
  await vi.advanceTimersByTimeAsync(11_000);
  const second = begin();
  answer.resolve({ rev: 1, replyId: "r1" });
  await settle();
  expect(conversations.temporary.isSaved()).toBe(false);
  second.chat.send("Ho", null);
  await settle();
  expect(second.server.posts).toMatchObject([{ temporary: true }]);
});

test("a temporary conversation that is left while its first message is sent is deleted, too, unless one comes back", async () => {
  const { conversations, toasts, begin } = openTab();
  const { chat, server, removed } = begin();
  server.isDown = true;
  chat.send("Hi", null);
  await vi.advanceTimersByTimeAsync(20_000);
  conversations.startNew();
  toasts.getSnapshot()[0]?.action?.act();
  expect(chat.getSnapshot().pending).toMatchObject({ text: "Hi" });
  await vi.advanceTimersByTimeAsync(11_000);
  expect(removed).not.toHaveBeenCalled();
  conversations.startNew();
  await vi.advanceTimersByTimeAsync(11_000);
  expect(removed).toHaveBeenCalledTimes(1);
  // Nor is it sent when the server is back.
  server.isDown = false;
  const { length } = server.posts;
  await vi.advanceTimersByTimeAsync(120_000);
  expect(server.posts).toHaveLength(length);
});
