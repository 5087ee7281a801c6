import { expect, test } from "vitest";
import { pageClock } from "~/browser/page/page-clock";
import { newId } from "~/conversation/session/session-id";
import type { ApiClient } from "./api-client";
import { createConversationCommands } from "./conversation-commands";
import { fakeSessions } from "./fake-sessions";

function setUp() {
  const { conversations, toasts } = fakeSessions();
  const forks: PromiseWithResolvers<void>[] = [];
  const fork = () => {
    const answer = Promise.withResolvers<void>();
    forks.push(answer);
    return answer.promise;
  };
  const commands = createConversationCommands({
    ...{ conversations, toasts, clock: pageClock },
    api: { session: () => ({ fork }) } as unknown as ApiClient,
    deletions: { add: () => undefined },
  });
  const begin = (title: string) => {
    const id = newId();
    conversations.remember({ id, title, updatedAt: "2026-11-01T00:00:00.000Z", saved: true });
    return id;
  };
  const undo = () => toasts.getSnapshot().at(-1)!.action!.act();
  return { ...commands, conversations, forks, begin, undo };
}

test("a copy is opened, unless another conversation was opened while it was made", async () => {
  const { fork, forks, begin, conversations } = setUp();
  const [tea, coffee] = [begin("Tea"), begin("Coffee")];
  conversations.open(tea);
  const copied = fork(tea, "m1");
  forks[0]!.resolve();
  await copied;
  const copy = conversations.getSnapshot().currentId;
  expect(conversations.find(copy)?.title).toBe("Tea");
  expect(copy).not.toBe(tea);
  const late = fork(copy, "m1");
  conversations.open(coffee);
  forks[1]!.resolve();
  await late;
  expect(conversations.getSnapshot().currentId).toBe(coffee);
  expect(
    conversations
      .getSnapshot()
      .list.map(({ title }) => title)
      .sort(),
  ).toEqual(["Coffee", "Tea", "Tea", "Tea"]);
});

test("undo of archiving leaves in the archive what was there before", () => {
  const { archive, begin, conversations, undo } = setUp();
  const [tea, coffee] = [begin("Tea"), begin("Coffee")];
  archive([tea], true);
  archive([tea, coffee], true);
  const archived = () =>
    conversations
      .getSnapshot()
      .archived.map(({ title }) => title)
      .sort();
  expect(archived()).toEqual(["Coffee", "Tea"]);
  undo();
  expect(archived()).toEqual(["Tea"]);
});
