import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ExpectedError } from "~/conversation/expected-error";
import { errorResponse } from "~/http/error-response";
import {
  append,
  createTestStore,
  findBrokenChain,
  KEY,
  messageIds,
  nothing,
} from "../../../tests/fixtures/store/store-conversation";
import {
  describeCall,
  interceptedFileSystem,
  systemError,
  withoutSync,
  type FileCall,
} from "../../../tests/fixtures/store/store-file-system";
import { temporaryFolder } from "../../../tests/fixtures/store/temporary-folder";
import { oneIn } from "../../../tests/fixtures/variants";
import { createLayout, readSessionFolder } from "./layout";
import { parseHeader } from "~/store/sessions/session-header";
import type { Change } from "~/store/sessions/session-store";
import { RECENT_COMMITS } from "~/store/sessions/stored-session";

/** A change that is not idempotent. */
const rename =
  (title: string): Change<null> =>
  (session) => ({ session: session && { ...session, title }, result: null });

type Moment = { index: number; when: "before" | "after"; call: FileCall };

/**
 * A file system that runs an action before or after the call with an index, as if the process were frozen meanwhile: it
 * makes no other call. `happened`: whether that call was made, since another course of the store may make fewer calls.
 * `begun`: the calls that were made before.
 */
function atMoment(index: number, when: Moment["when"], act: (moment: Moment) => Promise<void>) {
  let calls = 0;
  const begun: string[] = [];
  /** Counts from here on. */
  const start = () => void (calls = 0);
  const seen = { happened: false, thawed: Promise.resolve(), begun, start };
  const freeze = (call: FileCall) => {
    seen.happened = true;
    seen.thawed = act({ index, when, call });
    return seen.thawed;
  };
  const fs = interceptedFileSystem(async (call, proceed) => {
    const mine = calls++ === index;
    if (mine && when === "before") await freeze(call);
    else await seen.thawed;
    if (!seen.happened) begun.push(describeCall(call));
    try {
      return await withoutSync(call, proceed);
    } finally {
      if (mine && when === "after") await freeze(call);
    }
  });
  return { fs, seen };
}

/** Counts the calls to the file system that a task makes, in a new folder, after `before`. */
async function countCalls(
  prepare: (dataDir: string) => Promise<void>,
  task: Task,
  before: Task = () => Promise.resolve(),
): Promise<string[]> {
  const dataDir = temporaryFolder();
  await prepare(dataDir);
  const calls: string[] = [];
  const fs = interceptedFileSystem((call, proceed) => {
    calls.push(describeCall(call));
    return withoutSync(call, proceed);
  });
  const { store } = createTestStore(dataDir, { fs });
  await before(store);
  calls.length = 0;
  await task(store);
  return calls;
}

type Task = (store: ReturnType<typeof createTestStore>["store"]) => Promise<unknown>;

const quickStore = (dataDir: string) =>
  createTestStore(dataDir, { fs: interceptedFileSystem(withoutSync) }).store;

async function begin(dataDir: string, count: number, prefix = "old") {
  const store = quickStore(dataDir);
  for (let n = 1; n <= count; n++) await store.update(KEY, append(`${prefix}${n}`));
  return store;
}

function folderOf(dataDir: string) {
  const folder = createLayout(dataDir).sessionFolder(KEY);
  return { folder, ...readSessionFolder(readdirSync(folder)) };
}

/** Fails unless every revision in the folder is whole. */
function expectWhole(dataDir: string) {
  const { folder, revisions } = folderOf(dataDir);
  for (const rev of revisions) {
    const bytes = readFileSync(join(folder, `${String(rev).padStart(10, "0")}.json`));
    expect(parseHeader(bytes, rev).kind).toBe("whole");
  }
}

const moments = (calls: string[]) =>
  calls.flatMap((name, index) => (["before", "after"] as const).map((when) => ({ index, when, name })));

/** Of `npm test`: each of five courses of the others has another fifth of the moments. */
const INTERVAL = 5;

describe("a writer that is frozen", () => {
  const BASE = 4;
  const meanwhile: Record<string, (dataDir: string) => Promise<string[]>> = {
    "while others commit and prune": async (dataDir) => {
      await begin(dataDir, 5, "new");
      return ["new1", "new2", "new3", "new4", "new5"];
    },
    "while others delete the session and begin it anew": async (dataDir) => {
      await quickStore(dataDir).remove(KEY);
      await begin(dataDir, BASE, "new");
      return ["new1", "new2", "new3", "new4"];
    },
    // As many commits as before, one more, or only the first: the numbers that the writer could confuse.
    ...Object.fromEntries(
      [BASE, BASE + 1, 1].map((count) => [
        `while others delete the session's folder, as a sweep does, and begin it anew with ${count} commits`,
        async (dataDir: string) => {
          const folder = createLayout(dataDir).sessionFolder(KEY);
          if (existsSync(folder)) renameSync(folder, `${folder}.swept.deleted`);
          rmSync(`${folder}.swept.deleted`, { recursive: true, force: true });
          await begin(dataDir, count, "new");
          return Array.from({ length: count }, (_, index) => `new${index + 1}`);
        },
      ]),
    ),
  };

  for (const [place, [name, others]] of Object.entries(meanwhile).entries()) {
    for (const [start, existed, isKnown] of [
      ["a session", BASE, false],
      ["a session that it has read before", BASE, true],
      ["the beginning of a session", 0, false],
    ] as const) {
      const before: Task = async (store) => isKnown && store.read(KEY);
      test(`a writer that is frozen at any call of a commit to ${start} ${name} loses no commit`, async () => {
        const prepare = async (dataDir: string) => void (await begin(dataDir, existed));
        const calls = await countCalls(prepare, (store) => store.update(KEY, append("mine")), before);
        const scenario = async ({ index, when, name }: ReturnType<typeof moments>[number]) => {
          const dataDir = temporaryFolder();
          await prepare(dataDir);
          let acknowledged: string[] = [];
          const { fs, seen } = atMoment(index, when, async () => {
            acknowledged = await others(dataDir);
          });
          const { store, damaged } = createTestStore(dataDir, { fs });
          await before(store);
          seen.start();
          await store.update(KEY, append("mine"));
          await seen.thawed;
          expect(seen.happened, `${index} of ${calls.length} ${when} ${name}`).toBe(true);

          const record = await quickStore(dataDir).read(KEY);
          const ids = messageIds(record?.session);
          const context = `${when} ${name}: ${ids.join(" ")}`;
          expect(
            ids.filter((id) => id.startsWith("new")),
            context,
          ).toEqual(acknowledged);
          expect(ids.includes("old1"), context).toBe(
            existed > 0 && !/delete/.test(expect.getState().currentTestName!),
          );
          // Deleted with the session, if the commit came first.
          if (!ids.includes("mine")) expect(seen.begun, context).toContain("link " + revisionAfter(existed));
          expect(findBrokenChain(record!.session), context).toBeNull();
          expect(damaged).toEqual([]);
          expectWhole(dataDir);
          await store.update(KEY, append("later"));
          await store.update(KEY, append("latest"));
          const { revisions, temporaries } = folderOf(dataDir);
          expect({ revisions: revisions.length, temporaries }, context).toEqual({
            revisions: 2,
            temporaries: [],
          });
        };
        await Promise.all(oneIn(INTERVAL, moments(calls), place).map(scenario));
      });
    }
  }

  test("a reader that is frozen at any call of a move to quarantine loses no commit", async () => {
    const damage = async (dataDir: string) => {
      await begin(dataDir, BASE);
      writeFileSync(join(folderOf(dataDir).folder, `${revisionAfter(BASE - 1)}`), "{");
    };
    const calls = await countCalls(damage, (store) => store.read(KEY));
    for (const [place, others] of Object.values(meanwhile).entries()) {
      await Promise.all(
        oneIn(INTERVAL, moments(calls), place).map(async ({ index, when, name }) => {
          const dataDir = temporaryFolder();
          await damage(dataDir);
          let acknowledged: string[] = [];
          const { fs, seen } = atMoment(index, when, async () => {
            acknowledged = await others(dataDir);
          });
          await createTestStore(dataDir, { fs }).store.read(KEY);
          await seen.thawed;
          const ids = messageIds((await quickStore(dataDir).read(KEY))?.session);
          expect(
            ids.filter((id) => id.startsWith("new")),
            `${when} ${name}`,
          ).toEqual(acknowledged);
        }),
      );
    }
  });
});

const revisionAfter = (rev: number) => `${String(rev + 1).padStart(10, "0")}.json`;

describe("a commit that is built on what the node knows", () => {
  test("writes before it has read the newest revision again, and links afterwards", async () => {
    const dataDir = temporaryFolder();
    const { promise: goOn, resolve: letGo } = Promise.withResolvers<void>();
    const calls: string[] = [];
    const fs = interceptedFileSystem(async (call, proceed) => {
      calls.push(describeCall(call));
      if (call.name === "read") await goOn;
      return withoutSync(call, proceed);
    });
    const { store } = createTestStore(dataDir, { fs });
    await store.update(KEY, append("m1"));
    const committed = store.update(KEY, append("m2"));
    await expect.poll(() => calls.filter((call) => call === "write temporary")).toHaveLength(2);
    await new Promise(setImmediate);
    expect(calls).not.toContain("link 0000000002.json");
    letGo();
    await committed;
    expect(messageIds((await store.read(KEY))?.session)).toEqual(["m1", "m2"]);
  });

  test("is built on another commit that has taken the known number", async () => {
    const dataDir = temporaryFolder();
    const { store, layout } = createTestStore(dataDir);
    await store.update(KEY, append("m1"));
    await store.update(KEY, append("m2"));
    // As after a power cut of the volume's server.
    rmSync(join(layout.sessionFolder(KEY), revisionAfter(1)));
    await quickStore(dataDir).update(KEY, append("other"));
    await store.update(KEY, append("m3"));
    expect(messageIds((await store.read(KEY))?.session)).toEqual(["m1", "other", "m3"]);
  });

  /** A store whose client has cached that the session has no folder. */
  function staleStore(dataDir: string) {
    let isStale = true;
    const fs = interceptedFileSystem((call, proceed) => {
      if (describeCall(call) !== "readdir folder" || !isStale) return withoutSync(call, proceed);
      isStale = false;
      return Promise.reject(systemError("ENOENT", call));
    });
    return createTestStore(dataDir, { fs }).store;
  }

  test("makes no second incarnation of a session whose folder seemed to be missing", async () => {
    const dataDir = temporaryFolder();
    await begin(dataDir, 3);
    await staleStore(dataDir).update(KEY, append("mine"));
    expect(messageIds((await quickStore(dataDir).read(KEY))?.session)).toEqual([
      "old1",
      "old2",
      "old3",
      "mine",
    ]);
    expect(readdirSync(folderOf(dataDir).folder).filter((name) => name.endsWith(".life"))).toHaveLength(1);
  });

  test("neither refuses nor leaves undone what only a session that seemed to be missing would", async () => {
    const dataDir = temporaryFolder();
    await begin(dataDir, 1);
    await staleStore(dataDir).update(KEY, rename("a title"));
    expect((await quickStore(dataDir).read(KEY))?.session.title).toBe("a title");
    const refuseMissing: Change<null> = (session) => {
      if (!session) throw new Error("there is no session");
      return { session: { ...session, title: "another" }, result: null };
    };
    await staleStore(dataDir).update(KEY, refuseMissing);
    expect((await quickStore(dataDir).read(KEY))?.session.title).toBe("another");
  });
});

describe("a link whose answer is lost", () => {
  for (const code of ["EEXIST", "EIO", "ESTALE", "ENOENT", "EACCES"]) {
    for (const others of [0, 3]) {
      test(`a link that answers ${code} though it was made, with ${others} later commits, is applied once with its own result`, async () => {
        const dataDir = temporaryFolder();
        const other = await begin(dataDir, 2);
        let lost = false;
        const fs = interceptedFileSystem(async (call, proceed) => {
          const result = await proceed();
          if (call.name !== "link" || lost) return result;
          lost = true;
          for (let n = 0; n < others; n++) await other.update(KEY, append(`new${n}`));
          throw systemError(code, call);
        });
        const { store, committed } = createTestStore(dataDir, { fs });
        let applied = 0;
        const { record, result } = await store.update(KEY, (session) => {
          applied += 1;
          return { ...append("mine")(session), result: `attempt ${applied}` };
        });
        expect(result).toBe("attempt 1");
        const ids = ["old1", "old2", "mine", ...["new0", "new1", "new2"].slice(0, others)];
        expect(messageIds(record?.session)).toEqual(ids);
        expect(messageIds((await other.read(KEY))?.session)).toEqual(ids);
        expect(committed).toEqual([{ key: KEY, rev: 3 + others }]);
        expect(folderOf(dataDir).temporaries).toEqual([]);
      });
    }
  }

  for (const code of ["EEXIST", "EIO"]) {
    for (const others of [RECENT_COMMITS - 1, RECENT_COMMITS, RECENT_COMMITS + 5]) {
      test(`a link that answers ${code} though it was made, with ${others} later commits, is applied once or reported in doubt`, async () => {
        const dataDir = temporaryFolder();
        const other = await begin(dataDir, 2);
        let lost = false;
        const fs = interceptedFileSystem(async (call, proceed) => {
          const result = await withoutSync(call, proceed);
          if (call.name !== "link" || lost) return result;
          lost = true;
          for (let n = 0; n < others; n++) await other.update(KEY, rename(`title ${n}`));
          throw systemError(code, call);
        });
        const { store } = createTestStore(dataDir, { fs });
        let applied = 0;
        const mine: Change<null> = (session) => {
          applied += 1;
          return rename("mine")(session);
        };
        const outcome = await store.update(KEY, mine, { asked: "rename" }).then(
          () => "acknowledged",
          (error: unknown) => (error as Error).message,
        );
        expect(applied).toBe(1);
        expect(outcome).toMatch(others < RECENT_COMMITS ? /^acknowledged$/ : /did not confirm/);
        expect((await other.read(KEY))?.session.title).toBe(`title ${others - 1}`);
        expect(folderOf(dataDir).temporaries).toEqual([]);
      });
    }
  }

  test("a message whose link answers EEXIST though it was made is stored once, after any number of later commits", async () => {
    const dataDir = temporaryFolder();
    const other = await begin(dataDir, 2);
    let lost = false;
    const fs = interceptedFileSystem(async (call, proceed) => {
      const result = await withoutSync(call, proceed);
      if (call.name !== "link" || lost) return result;
      lost = true;
      for (let n = 0; n < RECENT_COMMITS + 5; n++) await other.update(KEY, rename(`title ${n}`));
      throw systemError("EEXIST", call);
    });
    await createTestStore(dataDir, { fs }).store.update(KEY, append("mine"));
    expect(messageIds((await other.read(KEY))?.session)).toEqual(["old1", "old2", "mine"]);
    expect((await other.read(KEY))?.session.title).toBe(`title ${RECENT_COMMITS + 4}`);
  });

  test("a link that fails and was not made is reported as a failure, and nothing is written", async () => {
    const dataDir = temporaryFolder();
    await begin(dataDir, 2);
    const fs = interceptedFileSystem((call, proceed) =>
      call.name === "link" ? Promise.reject(systemError("EIO", call)) : proceed(),
    );
    const { store } = createTestStore(dataDir, { fs });
    await expect(store.update(KEY, append("mine"))).rejects.toMatchObject({ code: "volume_unavailable" });
    expect(messageIds((await store.read(KEY))?.session)).toEqual(["old1", "old2"]);
    expect(folderOf(dataDir).temporaries).toEqual([]);
  });
});

describe("a listing that is out of date", () => {
  for (const code of ["ESTALE", "ENOENT"]) {
    test(`a listing is repeated when a listed name answers ${code}`, async () => {
      const dataDir = temporaryFolder();
      await begin(dataDir, 2);
      let failures = 0;
      const fs = interceptedFileSystem((call, proceed) =>
        /^open .*json$/.test(describeCall(call)) && failures++ < 3
          ? Promise.reject(systemError(code, call))
          : proceed(),
      );
      const { store, damaged } = createTestStore(dataDir, { fs });
      expect(messageIds((await store.read(KEY))?.session)).toEqual(["old1", "old2"]);
      expect(damaged).toEqual([]);
    });
  }

  test("a session whose listed names are always missing is refused as busy", async () => {
    const dataDir = temporaryFolder();
    await begin(dataDir, 1);
    const fs = interceptedFileSystem((call, proceed) =>
      call.name === "open" ? Promise.reject(systemError("ESTALE", call)) : proceed(),
    );
    const { store } = createTestStore(dataDir, { fs });
    await expect(store.read(KEY)).rejects.toMatchObject({ code: "session_busy" });
  });

  for (const call of ["readdir folder", "open folder"]) {
    test(`a commit is repeated when ${call} answers ESTALE`, async () => {
      const dataDir = temporaryFolder();
      const failed = new Set<number>();
      let calls = 0;
      const fs = interceptedFileSystem((made, proceed) => {
        // Every third time, so that each call fails at least once; a missing folder is listed twice.
        if (describeCall(made) === call && calls++ % 3 === 0) {
          failed.add(calls);
          return Promise.reject(systemError("ESTALE", made));
        }
        return proceed();
      });
      const { store } = createTestStore(dataDir, { fs });
      const ids = ["m1", "m2", "m3", "m4", "m5", "m6"];
      for (const id of ids) await store.update(KEY, append(id));
      expect(failed.size).toBeGreaterThan(2);
      expect(messageIds((await store.read(KEY))?.session)).toEqual(ids);
    });
  }
});

describe("a volume that fails", () => {
  const sentence: Record<string, RegExp> = {
    ENOSPC: /is full/,
    EDQUOT: /is full/,
    EROFS: /may not be written/,
    EACCES: /may not be written/,
    EIO: /storage failed/,
    EMFILE: /storage failed/,
  };
  const OLD = ["old1", "old2"];
  const prepare = async (dataDir: string) => void (await begin(dataDir, 2));

  /** Checks that the volume is consistent once it answers again, whatever the failed commit has answered. */
  async function expectHealed(
    dataDir: string,
    store: ReturnType<typeof createTestStore>["store"],
    context: string,
  ) {
    expectWhole(dataDir);
    const before = messageIds((await store.read(KEY))?.session);
    expect([OLD.join(), [...OLD, "mine"].join()], context).toContain(before.join());
    // The request is repeated.
    const { record } = await store.update(KEY, append("mine"));
    expect(messageIds(record?.session), context).toEqual([...OLD, "mine"]);
    await store.update(KEY, append("later"));
    await expect.poll(() => folderOf(dataDir).temporaries, { message: context, interval: 1 }).toEqual([]);
    expect(folderOf(dataDir).revisions.length, context).toBe(2);
    expect(readdirSync(dataDir)).toEqual(["sessions"]);
  }

  for (const [code, message] of Object.entries(sentence)) {
    for (const lasting of [false, true]) {
      const how = lasting ? "from any step of a commit on" : "at any one step of a commit";
      test(`a volume that fails with ${code} ${how} is answered volume_unavailable, and recovers`, async () => {
        const calls = await countCalls(prepare, (store) => store.update(KEY, append("mine")));
        const scenario = async (name: string, step: number) => {
          const dataDir = temporaryFolder();
          await prepare(dataDir);
          let made = 0;
          let well = false;
          const fs = interceptedFileSystem(async (call, proceed) => {
            const at = made++;
            const fails = !well && (lasting ? at >= step : at === step) && call.name !== "close";
            if (fails) throw systemError(code, call);
            return withoutSync(call, proceed);
          });
          const { store, damaged } = createTestStore(dataDir, { fs });
          const outcome = await store.update(KEY, append("mine")).then(
            () => "acknowledged",
            (error: unknown) => error,
          );
          well = true;
          if (outcome !== "acknowledged") {
            expect(ExpectedError.isInstance(outcome), `${name}: ${String(outcome)}`).toBe(true);
            expect(errorResponse(outcome).status).toBe(503);
            expect((outcome as ExpectedError).code).toBe("volume_unavailable");
            const shown = (outcome as ExpectedError).message;
            expect(shown).toMatch(/did not confirm/.test(shown) ? /not be there twice/ : message);
            expect(shown).not.toContain(KEY);
            if (/was not sent/.test(shown)) {
              expect(messageIds((await store.read(KEY))?.session), name).toEqual(OLD);
            }
          } else {
            expect(messageIds((await store.read(KEY))?.session), name).toEqual([...OLD, "mine"]);
          }
          expect(damaged).toEqual([]);
          await expectHealed(dataDir, store, `${code} at ${name}`);
        };
        await Promise.all(calls.map(scenario));
      });
    }
  }

  test("a write that is cut leaves no partial file under a revision's name", async () => {
    const dataDir = temporaryFolder();
    await prepare(dataDir);
    let full = true;
    const fs = interceptedFileSystem(async (call, proceed) => {
      if (call.name !== "write" || !full) return proceed();
      writeFileSync(call.path, '{"format":1,"rev":3,');
      throw systemError("ENOSPC", call);
    });
    const { store } = createTestStore(dataDir, { fs });
    await expect(store.update(KEY, append("mine"))).rejects.toMatchObject({ code: "volume_unavailable" });
    expect(folderOf(dataDir)).toMatchObject({ revisions: [2, 1], temporaries: [] });
    full = false;
    await expectHealed(dataDir, store, "half a file");
  });

  test("a volume that fails to read is answered volume_unavailable, and nothing is quarantined", async () => {
    const dataDir = temporaryFolder();
    await prepare(dataDir);
    for (const code of ["EIO", "EACCES", "EMFILE"]) {
      for (const name of ["readdir", "open", "read"]) {
        const fs = interceptedFileSystem((call, proceed) =>
          call.name === name ? Promise.reject(systemError(code, call)) : proceed(),
        );
        const { store, damaged } = createTestStore(dataDir, { fs });
        const error: unknown = await store.read(KEY).catch((error: unknown) => error);
        expect(error).toMatchObject({
          code: "volume_unavailable",
          message: /Nothing that was saved is lost/,
        });
        expect(damaged).toEqual([]);
      }
    }
    expect(folderOf(dataDir)).toMatchObject({ revisions: [2, 1], damaged: [] });
  });

  test("an update without a change is confirmed on a read-only volume", async () => {
    const dataDir = temporaryFolder();
    await prepare(dataDir);
    const fs = interceptedFileSystem((call, proceed) =>
      /write|link|mkdir|unlink/.test(call.name) ? Promise.reject(systemError("EROFS", call)) : proceed(),
    );
    const { store } = createTestStore(dataDir, { fs });
    expect(await store.update(KEY, nothing)).toMatchObject({ record: { rev: 2 } });
    expect(messageIds((await store.read(KEY))?.session)).toEqual(OLD);
  });
});
