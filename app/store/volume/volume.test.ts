import { createHash, pbkdf2 } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { describeVolume } from "../../../tests/contracts/volume";
import { append, createTestStore, KEY, messageIds } from "../../../tests/fixtures/store/store-conversation";
import {
  interceptedFileSystem,
  systemError,
  type FileCall,
} from "../../../tests/fixtures/store/store-file-system";
import { temporaryFolder } from "../../../tests/fixtures/store/temporary-folder";
import { hashSessionId } from "~/conversation/session/session-hash";
import { createVolume, createVolumes, errorCode } from "./volume";

let folder: string;
const at = (name: string) => join(folder, name);
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => {
  vi.useRealTimers();
});

const direct = interceptedFileSystem((_, proceed) => proceed());
describeVolume("a volume on a real folder", () => createVolume());
describeVolume("a volume whose file system is intercepted", () => createVolume({ fs: direct }));
describeVolume("the steady view of a volume", () => createVolumes().steady);
describeVolume("a volume with one slot", () => createVolume({ maxInFlight: 1, reserved: 0 }));

/** A file system whose calls wait until `heal`, and are then carried out. */
function hangingFileSystem() {
  const state = { hanging: true, calls: [] as FileCall[], inFlight: 0, most: 0 };
  let healed = Promise.withResolvers<void>();
  const fs = interceptedFileSystem(async (call, proceed) => {
    state.calls.push(call);
    state.inFlight += 1;
    state.most = Math.max(state.most, state.inFlight);
    if (state.hanging) await healed.promise;
    try {
      return await proceed();
    } finally {
      state.inFlight -= 1;
    }
  });
  return {
    fs,
    state,
    heal() {
      state.hanging = false;
      healed.resolve();
    },
    hang() {
      state.hanging = true;
      healed = Promise.withResolvers<void>();
    },
  };
}

/** Deadlines pass only when the test advances the clock, however slow the machine is. */
const onlyTimeoutsAreFake = () => vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });

describe("a volume", () => {
  test("makeFolder makes parents for their owner only, and syncs each folder with a new name", async () => {
    const synced: string[] = [];
    const fs = interceptedFileSystem((call, proceed) => {
      if (call.name === "sync") synced.push(call.path);
      return proceed();
    });
    const volume = createVolume({ fs });
    await volume.makeFolder(at("a/b/c"));
    expect(synced).toEqual([at("a/b"), at("a"), folder]);
    for (const made of ["a", "a/b", "a/b/c"]) expect(statSync(at(made)).mode & 0o777).toBe(0o700);
    synced.length = 0;
    await volume.makeFolder(at("a/b/c"));
    expect(synced).toEqual([]);
  });

  test("list and readFrom find names that an NFS client has cached as absent", async () => {
    mkdirSync(at("ab/session"), { recursive: true });
    writeFileSync(at("ab/session/journal"), "line\n");
    // The client reports a name as absent until its folder is opened again.
    const missing = new Set([at("ab"), at("ab/session"), at("ab/session/journal")]);
    const fs = interceptedFileSystem(async (call, proceed) => {
      if ([...missing].some((name) => call.path === name)) throw systemError("ENOENT", call);
      const result = await proceed();
      for (const name of missing)
        if (call.name === "open" && dirname(name) === call.path) missing.delete(name);
      return result;
    });
    const volume = createVolume({ fs });
    expect((await volume.readFrom(at("ab/session/journal"), 0)).toString()).toBe("line\n");
    missing.add(at("ab")).add(at("ab/session"));
    expect(await volume.list(at("ab/session"))).toEqual(["journal"]);
    await expect(volume.list(at("nowhere/session"))).rejects.toMatchObject({ code: "ENOENT" });
  });

  test("errorCode recognises NFS's ESTALE by its number", () => {
    const stale = Object.assign(new Error(), { errno: -116, code: "Unknown system error -116" });
    expect(errorCode(stale)).toBe("ESTALE");
    expect(errorCode(Object.assign(new Error(), { errno: -2, code: "ENOENT" }))).toBe("ENOENT");
    expect(errorCode(new Error("none"))).toBeUndefined();
  });

  test("files are closed when an operation on them fails", async () => {
    let open = 0;
    const fs = interceptedFileSystem(async (call, proceed) => {
      if (call.name === "write" || call.name === "read" || call.name === "sync") throw new Error("broken");
      const result = await proceed();
      if (call.name === "open") open += 1;
      if (call.name === "close") open -= 1;
      return result;
    });
    const volume = createVolume({ fs });
    writeFileSync(at("there"), "x");
    await expect(volume.writeNew(at("a"), "one")).rejects.toThrow("broken");
    await expect(volume.read(at("there"))).rejects.toThrow("broken");
    await expect(volume.syncFolder(folder)).rejects.toThrow("broken");
    expect(open).toBe(0);
  });

  test("the error of a close that no caller waits for is counted, and loses nothing", async () => {
    const fs = interceptedFileSystem(async (call, proceed) => {
      const result = await proceed();
      if (call.name === "close") throw Object.assign(new Error("late"), { code: "EIO" });
      return result;
    });
    const errors: unknown[] = [];
    const volume = createVolume({ fs, onAnswer: (_ms, error) => void (error && errors.push(error)) });
    await volume.writeNew(at("a"), "one");
    await expect.poll(() => errors).toMatchObject([{ code: "EIO" }]);
    expect((await volume.read(at("a"))).bytes.toString()).toBe("one");
  });

  test("callers do not wait for the close of a file, but its slot and the removal of its name do", async () => {
    const { promise: closed, resolve: close } = Promise.withResolvers<void>();
    const calls: string[] = [];
    const fs = interceptedFileSystem(async (call, proceed) => {
      calls.push(call.name);
      if (call.name === "close") await closed;
      return proceed();
    });
    const volume = createVolume({ fs, maxInFlight: 2, reserved: 0 });
    await volume.writeNew(at("a"), "one");
    const removed = volume.unlink(at("a"));
    const listed = volume.list(folder);
    await new Promise(setImmediate);
    expect(calls).toEqual(["open", "write", "sync", "close"]);
    close();
    await Promise.all([removed, listed]);
    expect(calls).toHaveLength(6);
    expect(calls).toEqual(expect.arrayContaining(["unlink", "readdir"]));
  });
});

describe("a volume that hangs", () => {
  test("a volume that hangs has no more operations under way than slots, and refuses callers over the limit", async () => {
    vi.useFakeTimers();
    const { fs, state, heal } = hangingFileSystem();
    const volume = createVolume({ fs, maxInFlight: 3, maxWaiting: 10, deadlineMs: 1_000 });
    const asked = Array.from({ length: 20 }, () => volume.list(folder));
    const outcomes = asked.map((answer) => answer.catch((error: unknown) => errorCode(error)));
    // Callers over the slots and the queue are refused at once.
    expect(await Promise.all(outcomes.slice(13))).toEqual(Array(7).fill("volume_unavailable"));
    expect(state.calls).toHaveLength(3);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await Promise.all(outcomes)).toEqual(Array(20).fill("volume_unavailable"));
    // Operations of callers that missed their deadline do not begin when the volume is back.
    heal();
    await vi.runAllTimersAsync();
    vi.useRealTimers();
    await expect.poll(() => state.inFlight).toBe(0);
    expect(state).toMatchObject({ most: 3, calls: { length: 3 } });
    expect(await volume.list(folder)).toEqual([]);
  });

  test("interactive and steady work have slots of their own on a volume that hangs", async () => {
    const { fs, state, heal } = hangingFileSystem();
    const { volume, steady } = createVolumes({ fs, maxInFlight: 3, reserved: 2 });
    const asked = Array.from({ length: 10 }, () => volume.list(folder));
    await expect.poll(() => state.calls.length).toBe(3);
    const going = Array.from({ length: 10 }, () => steady.list(folder));
    await expect.poll(() => state.calls.length).toBe(5);
    heal();
    await Promise.all([...asked, ...going]);
    expect(state.most).toBe(5);
  });

  test("steady work is served in order of arrival, interactive work round-robin by address", async () => {
    const { fs, heal } = hangingFileSystem();
    let address = "";
    const { volume, steady } = createVolumes({
      fs,
      maxInFlight: 1,
      reserved: 1,
      burstBytes: 0,
      fairnessKey: () => address,
    });
    const names = ["a", "a", "a", "b", "b"];
    const ended = { asked: "", steady: "" };
    const going = names.flatMap((name) => {
      address = name;
      return [
        volume.list(folder).then(() => (ended.asked += name)),
        steady.list(folder).then(() => (ended.steady += name)),
      ];
    });
    heal();
    await Promise.all(going);
    expect(ended).toEqual({ asked: "ababa", steady: "aaabb" });
  });

  test("every file is closed, also when the caller of close() has missed its deadline", async () => {
    vi.useFakeTimers();
    const { fs, state, heal, hang } = hangingFileSystem();
    heal();
    const volume = createVolume({ fs, maxInFlight: 1, deadlineMs: 1_000 });
    const [log, file] = [await volume.createLog(at("log")), await volume.createFile(at("file"))];
    hang();
    const held = volume.list(folder).catch(() => "late");
    const closed = [log.close(), file.close()].map((closing) => closing.catch(errorCode));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await Promise.all([held, ...closed])).toEqual([
      "late",
      "volume_unavailable",
      "volume_unavailable",
    ]);
    heal();
    vi.useRealTimers();
    await expect.poll(() => state.inFlight).toBe(0);
    const names = state.calls.filter(({ name }) => name === "close").map(({ path }) => path);
    expect(names).toEqual([at("log"), at("file")]);
  });

  test("a volume that hangs answers all callers within the deadline, also those in the queue", async () => {
    vi.useFakeTimers();
    const { fs } = hangingFileSystem();
    const volume = createVolume({ fs, maxInFlight: 2, deadlineMs: 1_000 });
    const early = volume.list(folder).catch(() => "early");
    const second = volume.list(folder).catch(() => "second");
    await vi.advanceTimersByTimeAsync(600);
    const late = volume.list(folder).catch(() => "late");
    await vi.advanceTimersByTimeAsync(400);
    expect(await Promise.all([early, second])).toEqual(["early", "second"]);
    await vi.advanceTimersByTimeAsync(600);
    expect(await late).toBe("late");
    expect(vi.getTimerCount()).toBe(0);
  });

  test("an operation waits for its slot beyond the deadline while the volume answers others", async () => {
    vi.useFakeTimers();
    // No real calls, because they would take real time beside the fake clock.
    const fs = interceptedFileSystem(() => new Promise((resolve) => setTimeout(() => resolve([]), 600)));
    const volume = createVolume({ fs, maxInFlight: 2, deadlineMs: 1_000 });
    const listed = Promise.all(Array.from({ length: 20 }, () => volume.list(folder)));
    const outcome = listed.then(
      () => "served",
      (error: Error) => error.message,
    );
    let isOver = false;
    void outcome.then(() => (isOver = true));
    while (!isOver) await vi.advanceTimersByTimeAsync(50);
    expect(await outcome).toBe("served");
  });

  test("a volume that answers too slowly refuses callers after the longest queue time", async () => {
    vi.useFakeTimers();
    const fs = interceptedFileSystem(() => new Promise((resolve) => setTimeout(() => resolve([]), 900)));
    const volume = createVolume({ fs, maxInFlight: 1, deadlineMs: 1_000, maxQueueMs: 5_000 });
    const outcomes = Promise.allSettled(Array.from({ length: 20 }, () => volume.list(folder)));
    await vi.advanceTimersByTimeAsync(20_000);
    const refused = (await outcomes).filter(({ status }) => status === "rejected");
    expect(refused.length).toBeGreaterThan(10);
    expect(refused[0]).toMatchObject({ reason: { code: "volume_unavailable" } });
  });

  test("callers in the queue are served in order when the volume answers in time", async () => {
    const { fs, state, heal } = hangingFileSystem();
    const volume = createVolume({ fs, maxInFlight: 1 });
    const names = ["a", "b", "c", "d"];
    const written = names.map((name) => volume.writeNew(at(name), name));
    heal();
    await Promise.all(written);
    const opened = state.calls.filter((call) => call.name === "open").map((call) => call.path);
    expect(opened).toEqual(names.map(at));
    expect(state.most).toBe(1);
  });

  test("a file made after its writer's deadline is removed", async () => {
    vi.useFakeTimers();
    const { fs, state, heal } = hangingFileSystem();
    const volume = createVolume({ fs, deadlineMs: 1_000 });
    const written = volume.writeNew(at("late"), "bytes", { removeIfLate: true }).catch(errorCode);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await written).toBe("volume_unavailable");
    heal();
    vi.useRealTimers();
    await expect.poll(() => state.calls.map((call) => call.name)).toEqual(["open", "close", "unlink"]);
    await expect.poll(() => state.inFlight).toBe(0);
    expect(existsSync(at("late"))).toBe(false);
  });

  test("time in which the process was frozen does not count as silence of the volume", async () => {
    const { fs, state, heal } = hangingFileSystem();
    const volume = createVolume({ fs, deadlineMs: 1_000 });
    const listed = volume.list(folder);
    await expect.poll(() => state.calls.length).toBe(1);
    // As after SIGSTOP and SIGCONT: the deadline is over, and the answer is there but not read yet.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_200);
    setImmediate(heal);
    expect(await listed).toEqual([]);
  });

  test("operations leave no timers, and none keeps the process alive", async () => {
    const unref = vi.spyOn(Object.getPrototypeOf(setTimeout(() => undefined, 0)) as NodeJS.Timeout, "unref");
    const set = vi.spyOn(globalThis, "setTimeout");
    const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
    const before = timers();
    const volume = createVolume();
    await Promise.all(Array.from({ length: 50 }, () => volume.list(folder)));
    expect(set.mock.calls.length).toBeGreaterThanOrEqual(50);
    expect(unref).toHaveBeenCalledTimes(set.mock.calls.length);
    expect(timers()).toBeLessThanOrEqual(before);
    unref.mockRestore();
    set.mockRestore();
  });

  test("a volume that hangs blocks no other work of libuv, and serves commits again when it is back", async () => {
    const { fs, state, heal, hang } = hangingFileSystem();
    onlyTimeoutsAreFake();
    const { store, layout } = createTestStore(folder, { fs, maxInFlight: 2 });
    heal();
    await store.update(KEY, append("m1"));
    hang();
    const keys = Array.from({ length: 40 }, (_, index) => hashSessionId(`session ${index}`));
    const stuck = keys.map((key) => store.update(key, append("stuck")));
    const outcomes = Promise.allSettled([...stuck, store.read(KEY)]);
    await vi.advanceTimersByTimeAsync(10_000);
    for (const outcome of await outcomes) {
      expect(outcome).toMatchObject({ status: "rejected", reason: { code: "volume_unavailable" } });
    }
    expect(state.inFlight).toBe(2);
    // Other work of libuv's threads still runs.
    const key = await promisify(pbkdf2)("password", "salt", 1, 32, "sha256");
    expect(createHash("sha256").update(key).digest("hex")).toHaveLength(64);
    heal();
    await expect.poll(() => state.inFlight).toBe(0);
    const { record } = await store.update(KEY, append("m2"));
    expect(messageIds(record?.session)).toEqual(["m1", "m2"]);
    expect(readdirSync(layout.sessionFolder(KEY)).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  const steps = ["readdir", "open", "write", "sync", "close", "link", "unlink"] as const;
  test.each(steps)(
    "a volume that hangs at %s of a commit answers 503 in time, and has lost nothing when it is back",
    async (step) => {
      const { store: healthy, layout } = createTestStore(folder);
      for (const id of ["m1", "m2"]) await healthy.update(KEY, append(id));
      const back = Promise.withResolvers<void>();
      let writing = false;
      let stuck = 0;
      const fs = interceptedFileSystem(async (call, proceed) => {
        writing ||= call.path.endsWith(".tmp");
        const hit = call.name === step && (writing || step === "readdir" || step === "open");
        if (!hit) return proceed();
        stuck += 1;
        await back.promise;
        try {
          return await proceed();
        } finally {
          stuck -= 1;
        }
      });
      onlyTimeoutsAreFake();
      const { store } = createTestStore(folder, { fs });
      const answer = store.update(KEY, append("m3")).catch((error: unknown) => error);
      await expect.poll(() => stuck).toBeGreaterThan(0);
      await vi.advanceTimersByTimeAsync(10_000);
      const outcome = await answer;
      // The unlink only tidies up: the commit succeeds without it.
      if (step === "unlink") expect(outcome).toMatchObject({ record: { rev: 3 } });
      else expect(outcome).toMatchObject({ code: "volume_unavailable", message: /try again|Send it again/ });
      back.resolve();
      await expect.poll(() => stuck).toBe(0);
      const { record } = await store.update(KEY, append("m3"));
      expect(messageIds(record?.session)).toEqual(["m1", "m2", "m3"]);
      await healthy.update(KEY, append("m4"));
      const temporaries = () =>
        readdirSync(layout.sessionFolder(KEY)).filter((name) => name.endsWith(".tmp"));
      await expect.poll(temporaries).toEqual([]);
      expect(readFileSync(join(layout.sessionFolder(KEY), "0000000004.json"), "utf8")).toContain('"m4"');
    },
  );
});
