import { describe, expect, test } from "vitest";
import { ExpectedError } from "~/conversation/expected-error";
import { MAX_TEXT_LENGTH } from "~/conversation/limits";
import { plainText } from "~/conversation/reply/reply-text";
import { hashSessionId } from "~/conversation/session/session-hash";
import type { SessionStore } from "~/store/sessions/session-store";
import {
  append,
  emptySession,
  findBrokenChain,
  KEY,
  messageIds,
  nothing,
} from "../fixtures/store/store-conversation.ts";

const OTHER_KEY = hashSessionId("another-session");

/** One empty storage, which any number of nodes use. */
export type SessionStorage = {
  /**
   * The store of one more node.
   * @param onCommit as in `SessionStoreOptions`
   */
  connect(onCommit?: (sessionHash: string, rev: number | null) => void): SessionStore;
};

/**
 * The contract of `SessionStore`, for any implementation of it.
 * @param name of the implementation, for the titles
 * @param open makes a new storage for each test
 */
export function describeSessionStore(name: string, open: () => SessionStorage): void {
  describe(`${name} keeps the contract of a session store:`, () => {
    describeReading(open);
    describeUpdates(open);
    describeRemoval(open);
  });
}

function describeReading(open: () => SessionStorage): void {
  test("a session that was never written is null", async () => {
    const store = open().connect();
    expect(await store.read(KEY)).toBeNull();
    expect(await store.header(KEY)).toBeNull();
    expect(await store.headRevision(KEY)).toBeNull();
  });

  test("every node reads a session as it was committed, with its revision number", async () => {
    const storage = open();
    const [a, b] = [storage.connect(), storage.connect()];
    await a.update(KEY, append("m1", "¡Hola! \u{1F30D} \u0000 \ud800"));
    const { record, result } = await b.update(KEY, append("m2"));
    expect(result).toBe(1);
    expect(await a.read(KEY)).toEqual(record);
    expect(record).toMatchObject({ rev: 2, recovered: null });
    expect(messageIds(record?.session)).toEqual(["m1", "m2"]);
    expect(plainText(record?.session.messages[0]?.parts ?? [])).toBe("¡Hola! \u{1F30D} \u0000 \ud800");
  });

  test("headRevision names the commit that read returns, or is null", async () => {
    const storage = open();
    const store = storage.connect();
    await store.update(KEY, append("m1"));
    const read = await store.read(KEY);
    expect([{ rev: 1, commit: read!.commit, recovered: null }, null]).toContainEqual(
      await store.headRevision(KEY),
    );
    await storage.connect().update(KEY, append("m2"));
    expect((await store.headRevision(KEY))?.commit).not.toBe(read!.commit);
  });

  test("each commit has an id of its own", async () => {
    const store = open().connect();
    const { record: first } = await store.update(KEY, append("m1"));
    const { record: second } = await store.update(KEY, append("m2"));
    expect(second!.commit).not.toBe(first!.commit);
  });

  test("header returns the running reply and the shares of a session", async () => {
    const storage = open();
    await storage.connect().update(KEY, append("m1"));
    const header = await storage.connect().header(KEY);
    expect(header).toMatchObject({ header: { reply: null }, recovered: null });
  });
}

function describeUpdates(open: () => SessionStorage): void {
  test("concurrent updates on several nodes are each applied once", async () => {
    const storage = open();
    const nodes = [1, 2, 3].map(() => storage.connect());
    const ids = Array.from({ length: 45 }, (_, index) => `m${index}`);
    await Promise.all(ids.map((id, index) => nodes[index % 3]!.update(KEY, append(id))));
    const record = await nodes[0]!.read(KEY);
    expect(messageIds(record?.session).sort()).toEqual([...ids].sort());
    expect(findBrokenChain(record!.session)).toBeNull();
    expect(record?.rev).toBe(ids.length);
  });

  test("an update without a change makes no revision, and no session where there is none", async () => {
    const store = open().connect();
    await store.update(KEY, append("m1"));
    expect(await store.update(KEY, nothing)).toMatchObject({ result: "nothing", record: { rev: 1 } });
    expect((await store.read(KEY))?.rev).toBe(1);
    expect(await store.update(OTHER_KEY, nothing)).toEqual({ result: "nothing", record: null });
    expect(await store.read(OTHER_KEY)).toBeNull();
  });

  test("a change that recognises its own effect is not applied again", async () => {
    const store = open().connect();
    await store.update(KEY, append("m1"));
    await store.update(KEY, append("m2"));
    const again = await store.update(KEY, append("m1"));
    expect(again).toMatchObject({ result: 0, record: { rev: 2 } });
  });

  test("an update throws the error of its change, and commits nothing", async () => {
    const store = open().connect();
    await store.update(KEY, append("m1"));
    const failure = new ExpectedError("reply_running", "An answer is being written.");
    const failed = store.update(KEY, () => {
      throw failure;
    });
    await expect(failed).rejects.toBe(failure);
    expect(await store.update(KEY, append("m2"))).toMatchObject({ record: { rev: 2 } });
  });

  test("an update that makes an invalid document is refused with its place, without content", async () => {
    const store = open().connect();
    await store.update(KEY, append("m1"));
    const tooLong = (session: Parameters<ReturnType<typeof append>>[0]) => ({
      session: { ...(session ?? emptySession()), title: "secret ".repeat(100) },
      result: null,
    });
    const tooLongText = "x".repeat(MAX_TEXT_LENGTH + 1);
    await expect(store.update(KEY, tooLong)).rejects.toThrow(/not a session, at title/);
    await expect(store.update(KEY, append("m2", tooLongText))).rejects.toThrow(/at messages\.0\.parts/);
    expect(messageIds((await store.read(KEY))?.session)).toEqual(["m1"]);
  });

  test("onCommit is called after each commit and removal, and not for an update without a change", async () => {
    const committed: [string, number | null][] = [];
    const store = open().connect((key, rev) => committed.push([key, rev]));
    await store.update(KEY, append("m1"));
    await store.update(KEY, append("m1"));
    await store.update(KEY, nothing);
    await store.remove(KEY);
    await store.remove(KEY);
    expect(committed).toEqual([
      [KEY, 1],
      [KEY, null],
    ]);
  });
}

function describeRemoval(open: () => SessionStorage): void {
  test("a removal returns the session as it was, and leaves other sessions unchanged", async () => {
    const store = open().connect();
    await store.update(KEY, append("m1"));
    await store.update(OTHER_KEY, append("m1"));
    expect(messageIds(await store.remove(KEY))).toEqual(["m1"]);
    expect(await store.read(KEY)).toBeNull();
    expect(await store.header(KEY)).toBeNull();
    expect(messageIds((await store.read(OTHER_KEY))?.session)).toEqual(["m1"]);
  });

  test("removing a missing session returns null", async () => {
    expect(await open().connect().remove(KEY)).toBeNull();
  });

  test("a removed session can begin anew under the same hash, with a higher revision number", async () => {
    const store = open().connect();
    await store.update(KEY, append("m1"));
    await store.remove(KEY);
    const { record } = await store.update(KEY, append("m2"));
    // Numbers are never reused, because caches compare them.
    expect(record?.rev).toBeGreaterThan(2);
    expect(messageIds(record?.session)).toEqual(["m2"]);
  });

  test("a removal while another node commits loses no commit that was acknowledged after it", async () => {
    const storage = open();
    const [one, two] = [storage.connect(), storage.connect()];
    await one.update(KEY, append("m0"));
    const ids = Array.from({ length: 12 }, (_, index) => `m${index + 1}`);
    const removals = ids.map(() => one.remove(KEY));
    for (const id of ids) await two.update(KEY, append(id));
    await Promise.all(removals);
    await two.update(KEY, append("last"));
    expect(messageIds((await one.read(KEY))?.session).at(-1)).toBe("last");
  });
}
