import { hashSessionId } from "~/conversation/session/session-hash";
import { newId } from "~/conversation/session/session-id";
import { openStore } from "../open-store.ts";
import { sampleSession, withMessage } from "../sample-conversation.ts";
import type { Contestant } from "../turn-store.ts";

export const holdfast: Contestant = {
  name: "Holdfast",
  durability: "fsync of file and folder; any number of nodes",
  why: "Writes the whole conversation for each message and syncs twice, the bytes and then the names; lists and opens the folder anew for each read, for any other node may have written. That is the price of one plain file for each conversation and of no server.",
  start(folder) {
    const { store } = openStore(folder);
    const keys = new Map<number, string>();
    const keyOf = (index: number) => keys.get(index)!;
    return Promise.resolve({
      async begin(index, messages) {
        keys.set(index, hashSessionId(newId()));
        await store.update(keyOf(index), () => ({ session: sampleSession(messages), result: null }));
      },
      async appendTurn(index, message) {
        await store.update(keyOf(index), (session) => ({
          session: session && withMessage(session, message),
          result: null,
        }));
      },
      async read(index) {
        return (await store.read(keyOf(index)))?.session.messages ?? [];
      },
      writers: () => [process.pid],
      close: () => Promise.resolve(),
    });
  },
};
