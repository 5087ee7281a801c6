import { expect, test } from "vitest";
import type { PostMessageBody } from "~/conversation/api";
import type { Reply } from "~/conversation/session";
import type { ReplyReservation } from "~/quotas/quotas";
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
        reserveReply(asker) {
          calls.push(asker);
          return Promise.resolve(reservation);
        },
      },
      replies: {
        start(...given) {
          calls.push(given);
          return Promise.resolve({
            record: null,
            outcome: { kind: "started", reply: { id: "r1" } as Reply },
          });
        },
      },
    };
    const { replyId } = await sendMessage("hash", "198.51.100.1", body, deps);
    expect(replyId).toBe("r1");
    expect(calls).toMatchObject([
      { session: "hash", address: "198.51.100.1" },
      ["hash", command, { reservation }],
    ]);
  },
);
