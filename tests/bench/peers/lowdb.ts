import { mkdir, open } from "node:fs/promises";
import { join } from "node:path";
import { Low } from "lowdb";
import { JSONFile } from "lowdb/node";
import type { Message } from "~/conversation/session/session";
import type { Contestant } from "../turn-store.ts";

type Conversation = { messages: Message[] };

/** lowdb as it comes: one file for each conversation, replaced by rename. */
export const lowdb: Contestant = {
  name: "lowdb",
  durability: "none: no fsync; one process only",
  why: "Never waits for the disk: a power cut loses what was acknowledged, and may leave an empty file under the new name. Two processes overwrite each other.",
  start: (folder) => startLowdb(folder, () => Promise.resolve()),
};

/** What somebody adds who has read about power cuts. Still one process: two lose each other's messages. */
export const lowdbSynced: Contestant = {
  name: "lowdb + fsync",
  durability: "fsync of file and folder, after the rename; one process only",
  why: "The same two fsyncs on the same bytes, without listing, link and pruning. Two processes still overwrite each other, and a crash before the first fsync may leave an empty file under the name.",
  start: (folder) =>
    startLowdb(folder, async (path) => {
      await sync(path);
      await sync(folder);
    }),
};

async function startLowdb(folder: string, afterWrite: (path: string) => Promise<void>) {
  await mkdir(folder, { recursive: true });
  const pathOf = (index: number) => join(folder, `${index}.json`);
  const openFile = (index: number) => new Low<Conversation>(new JSONFile(pathOf(index)), { messages: [] });
  return {
    async begin(index: number, messages: Message[]) {
      const db = openFile(index);
      db.data = { messages };
      await db.write();
      await afterWrite(pathOf(index));
    },
    async appendTurn(index: number, message: Message) {
      const db = openFile(index);
      await db.read();
      db.data.messages.push(message);
      await db.write();
      await afterWrite(pathOf(index));
    },
    async read(index: number) {
      const db = openFile(index);
      await db.read();
      return db.data.messages;
    },
    writers: () => [process.pid],
    close: () => Promise.resolve(),
  };
}

async function sync(path: string): Promise<void> {
  const file = await open(path, "r");
  await file.sync();
  await file.close();
}
