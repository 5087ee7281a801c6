import { expect, test } from "vitest";
import type { PostMessageBody } from "~/conversation/api";
import type { Reply } from "~/conversation/session/session";
import type { ReplyReservation } from "~/quotas/quotas";
import type { SessionRecord } from "~/store/sessions/session-store";
import { sendMessage, type SendMessageDependencies } from "./send-message";

const message = { id: "m1", parts: [{ type: "text" as const, text: "Hello" }] };

test.each<[PostMessageBody, object]>([
  [{ message, parentId: null } as PostMessageBody, { kind: "send", message, parentId: null }],
  [{ regenerate: "m2" } as PostMessageBody, { kind: "regenerate", messageId: "m2" }],
  [{ continue: "m2" } as PostMessageBody, { kind: "continue", messageId: "m2" }],
])(
  "the request %j becomes the command %j, with a reservation for its session and address",
  async (body, command) => {
    const reservation = {} as ReplyReservation;
    const calls: unknown[] = [];
    const deps: SendMessageDependencies = {
      quotas: {
        change: (_, write) => write(() => undefined),
        reserveReply(asker) {
          calls.push(asker);
          return Promise.resolve(reservation);
        },
      },
      replies: {
        read: () => Promise.reject(new Error("Not asked for.")),
        start(...given) {
          calls.push(given);
          return Promise.resolve({
            record: null,
            outcome: { kind: "started", reply: { id: "r1" } as Reply },
          });
        },
      },
      temporary: { mark: () => Promise.reject(new Error("Not asked for.")) },
    };
    const { replyId } = await sendMessage("hash", "198.51.100.1", body, deps);
    expect(replyId).toBe("r1");
    expect(calls).toMatchObject([
      { session: "hash", address: "198.51.100.1" },
      ["hash", command, { reservation }],
    ]);
  },
);

test("a session is marked as temporary before its first message is sent, and not sent where that fails", async () => {
  const calls: string[] = [];
  const deps = (mark: () => Promise<void>, found: SessionRecord | null = null): SendMessageDependencies => ({
    quotas: {
      change(address, write) {
        calls.push(`change by ${String(address)}`);
        return write(() => undefined);
      },
      reserveReply: () => Promise.resolve({} as ReplyReservation),
    },
    replies: {
      read: () => Promise.resolve(found),
      start() {
        calls.push("start");
        return Promise.resolve({ record: null, outcome: { kind: "started", reply: { id: "r1" } as Reply } });
      },
    },
    temporary: {
      mark(sessionHash) {
        calls.push(`mark ${sessionHash}`);
        return mark();
      },
    },
  });
  const body = (parentId: string | null) => ({ message, parentId, temporary: true }) as PostMessageBody;
  await sendMessage(
    "hash",
    null,
    body(null),
    deps(() => Promise.resolve()),
  );
  await sendMessage(
    "hash",
    null,
    body("m0"),
    deps(() => Promise.resolve()),
  );
  // An edit of the first message of a session that is there.
  await sendMessage(
    "hash",
    null,
    body(null),
    deps(() => Promise.resolve(), {} as SessionRecord),
  );
  const failed = sendMessage(
    "hash",
    null,
    body(null),
    deps(() => Promise.reject(new Error("Full."))),
  );
  await expect(failed).rejects.toThrow("Full.");
  expect(calls).toEqual([
    "change by null",
    "mark hash",
    "start",
    "start",
    "start",
    "change by null",
    "mark hash",
  ]);
});
