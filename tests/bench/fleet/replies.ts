import type { SeededChoices } from "../../fixtures/seeded-random.ts";
import type { Clock } from "./clock.ts";
import type { FleetNode } from "./node.ts";
import { COMMIT, FIRST_TOKEN_MS, TOKENS_A_REPLY, TOKENS_A_SECOND } from "./parameters.ts";
import type { Volume } from "./volume.ts";

/** A person who asks, reads the reply and asks again, always of the same node unless it dies. */
export type Chat = {
  node: FleetNode;
  /** Words of the running reply, as of `at`; null while none runs. */
  reply: { said: number; at: number } | null;
};

export type Replies = {
  readonly chats: readonly Chat[];
  /** How many words the reply has. */
  saidOf(chat: Chat): number;
  /** Goes on with a reply on the chat's node. `onShown` is called when new words are shown. */
  goOn(chat: Chat, said: number, onShown?: () => void): void;
};

export function createReplies(
  count: number,
  nodes: readonly FleetNode[],
  clock: Clock,
  volume: Volume,
  choices: SeededChoices,
  onSettled: () => void,
): Replies {
  const chats = Array.from({ length: count }, (_, index): Chat => {
    return { node: nodes[index % nodes.length]!, reply: null };
  });

  function goOn(chat: Chat, said: number, onShown?: () => void) {
    const { node } = chat;
    const reply = { said, at: clock.now() };
    chat.reply = reply;
    node.addReply(onShown);
    clock.after(((TOKENS_A_REPLY - said) * 1_000) / TOKENS_A_SECOND, () => {
      if (!node.isAlive) return;
      node.removeReply();
      chat.reply = null;
      volume.chain(COMMIT, "commit", () => {
        onSettled();
        ask(chat);
      });
    });
  }

  /** The reply's first line is in the log when its question is acknowledged: the next group has it, at no cost. */
  function ask(chat: Chat) {
    while (!chat.node.isAlive) chat.node = choices.pick(nodes);
    volume.chain(COMMIT, "commit", () =>
      clock.after(FIRST_TOKEN_MS, () => (chat.node.isAlive ? goOn(chat, 0) : ask(chat))),
    );
  }

  // The simulation begins with replies of all ages.
  for (const chat of chats) goOn(chat, choices.whole(0, TOKENS_A_REPLY - 1));
  return {
    chats,
    goOn,
    saidOf: ({ reply }) => (reply ? reply.said + ((clock.now() - reply.at) * TOKENS_A_SECOND) / 1_000 : 0),
  };
}
