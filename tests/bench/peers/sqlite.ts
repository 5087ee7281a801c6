import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Message } from "~/conversation/session/session";
import type { Contestant } from "../turn-store.ts";

export const sqlite: Contestant = {
  name: "SQLite",
  durability: "WAL, synchronous=FULL; one machine, and each call stops the event loop",
  why: "One append to one WAL and one fdatasync, in the process, without a thread switch. Commits go one after the other, whatever the session, and the event loop stands still meanwhile. Its WAL needs shared memory, so it cannot be on a volume that several machines share.",
  async start(folder) {
    await mkdir(folder, { recursive: true });
    const db = new DatabaseSync(join(folder, "messages.db"));
    db.exec("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL");
    db.exec("CREATE TABLE message (number INTEGER PRIMARY KEY, session, id, body, UNIQUE (session, id))");
    const insert = db.prepare(
      "INSERT INTO message (session, id, body) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
    );
    const select = db.prepare("SELECT body FROM message WHERE session = ? ORDER BY number");
    const append = (index: number, message: Message) =>
      insert.run(index, message.id, JSON.stringify(message));
    return {
      begin(index, messages) {
        db.exec("BEGIN");
        for (const message of messages) append(index, message);
        db.exec("COMMIT");
        return Promise.resolve();
      },
      appendTurn(index, message) {
        append(index, message);
        return Promise.resolve();
      },
      read: (index) =>
        Promise.resolve(select.all(index).map(({ body }) => JSON.parse(String(body)) as Message)),
      writers: () => [process.pid],
      close() {
        db.close();
        return Promise.resolve();
      },
    };
  },
};
