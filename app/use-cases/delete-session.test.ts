import { expect, test } from "vitest";
import type { Session } from "~/conversation/session/session";
import { deleteSession } from "./delete-session";

test("a session is deleted before its shares and files, and the runner of its reply is notified", async () => {
  const shares = [{ key: "share" }] as unknown as Session["shares"];
  const reply = { id: "reply" } as Session["reply"];
  const calls: unknown[] = [];
  const note =
    (name: string, result?: unknown) =>
    (...given: unknown[]) => {
      calls.push([name, ...given]);
      return Promise.resolve(result as never);
    };
  await deleteSession("hash", {
    store: { remove: note("session", { shares, reply }), removeIf: note("never") },
    replies: { noteRemoval: note("runner") },
    shares: { removeAll: note("shares") },
    attachments: { remove: note("files") },
  });
  expect(calls).toEqual([
    ["session", "hash"],
    ["runner", reply],
    ["shares", shares],
    ["files", "hash"],
  ]);
});
