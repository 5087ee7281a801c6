import { beforeEach, expect, test, vi } from "vitest";
import { ApiError } from "~/browser/chat/api-error";
import { readLate, settle } from "~/browser/chat/fake-chat";
import { fakeSessions } from "~/browser/chat/fake-sessions";

beforeEach(() => void vi.useFakeTimers());

const ID = "aaaaaaaaaaaaaaaaaaaaaa";

/** A conversation that is shown, and a server that answers each request for another title when the test says so. */
async function openTab() {
  const { conversations, sessions, renames, toasts, serverOf } = fakeSessions();
  const { server, api } = serverOf(ID);
  server.commit({ title: "Tea" });
  conversations.remember({ id: ID, title: "Tea", updatedAt: "2026-01-01T00:00:00.000Z", saved: true });
  sessions.get(ID).start();
  await settle();
  const asked: { title: string; answer: (error?: ApiError) => Promise<unknown> }[] = [];
  api.patch = ({ title = "" }) => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    asked.push({
      title,
      answer(error) {
        if (error) reject(error);
        else {
          server.commit({ title });
          resolve();
        }
        return settle();
      },
    });
    return promise;
  };
  const shown = () => conversations.find(ID)?.title;
  return { server, api, asked, shown, toasts, rename: (title: string) => void renames.rename(ID, title) };
}

const lost = () => new ApiError("unreachable", "The server cannot be reached.", 0);

test("titles are saved in the order in which they were given", async () => {
  const { rename, asked, shown } = await openTab();
  rename("Coffee");
  rename("Cocoa");
  await settle();
  expect(asked.map(({ title }) => title)).toEqual(["Coffee"]);
  await asked[0]!.answer();
  expect(asked.map(({ title }) => title)).toEqual(["Coffee", "Cocoa"]);
  await asked[1]!.answer();
  expect(shown()).toBe("Cocoa");
});

test("what was read before a title was saved does not take it back", async () => {
  const { rename, asked, shown, server, api } = await openTab();
  const arriveFirst = await readLate({ server, api });
  rename("Coffee");
  await arriveFirst();
  expect(shown()).toBe("Coffee");
  const arriveLast = await readLate({ server, api });
  await asked[0]!.answer();
  await arriveLast();
  expect(shown()).toBe("Coffee");
});

test("a title that could not be saved goes back to the last one that was, and not over a later one", async () => {
  const { rename, asked, shown, toasts } = await openTab();
  rename("Coffee");
  rename("Cocoa");
  await settle();
  await asked[0]!.answer(lost());
  expect(shown()).toBe("Cocoa");
  await asked[1]!.answer(lost());
  expect(shown()).toBe("Tea");
  expect(toasts.getSnapshot()).toHaveLength(2);
});
