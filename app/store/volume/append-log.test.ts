import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import {
  interceptedFileSystem,
  systemError,
  type Intercept,
} from "../../../tests/fixtures/store/store-file-system";
import { temporaryFolder } from "../../../tests/fixtures/store/temporary-folder";
import { createVolume } from "./volume";

let folder: string;
let path: string;
beforeEach(() => {
  folder = temporaryFolder();
  path = join(folder, "log");
});
afterEach(() => {
  vi.useRealTimers();
});

const content = () => readFileSync(path, "utf8");
const newLog = (onAppend: Intercept) =>
  createVolume({
    fs: interceptedFileSystem((call, proceed) =>
      call.name === "append" ? onAppend(call, proceed) : proceed(),
    ),
  }).createLog(path);

/** Bytes that the kernel writes first of a long write to a nearly full disk; `then` is the outcome of the rest. */
function takesPart(ofFirst: number, then: Intercept) {
  let writes = 0;
  const fs = interceptedFileSystem((call, proceed) =>
    call.name === "append" ? then(call, proceed) : proceed(),
  );
  const open: typeof fs.open = async (...args) => {
    const file = await fs.open(...args);
    return new Proxy(file, {
      get(target, property) {
        if (property !== "write") {
          const value: unknown = Reflect.get(target, property, target);
          return typeof value === "function" ? (value as () => unknown).bind(target) : value;
        }
        return (bytes: Buffer, offset: number) =>
          writes++ === 0 ? target.write(bytes, offset, ofFirst) : target.write(bytes, offset);
      },
    });
  };
  return createVolume({ fs: { ...fs, open } }).createLog(path);
}

test.runIf(process.platform === "linux")(
  "a log is opened with O_DSYNC, so that a write returns when it is durable",
  async () => {
    const log = await createVolume().createLog(path);
    const descriptor = readdirSync("/proc/self/fd").find((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`) === path;
      } catch {
        return false;
      }
    });
    const flags = /flags:\s+(\d+)/.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, "utf8"))![1]!;
    const [O_DSYNC, O_APPEND] = [0o10000, 0o2000];
    expect(parseInt(flags, 8) & (O_DSYNC | O_APPEND)).toBe(O_DSYNC | O_APPEND);
    await log.close();
  },
);

test("an append continues after a partial write, also within a multi-byte character", async () => {
  const log = await takesPart(7, (_, proceed) => proceed());
  await log.append("größer – 長い\n");
  await log.append("next\n");
  expect(content()).toBe("größer – 長い\nnext\n");
  await log.close();
});

test("an append that was written in part rejects, and so do all later ones", async () => {
  let writes = 0;
  const log = await takesPart(7, (call, proceed) =>
    writes++ === 1 ? Promise.reject(systemError("ENOSPC", call)) : proceed(),
  );
  await expect(log.append("half a line\n")).rejects.toMatchObject({ code: "ENOSPC" });
  expect(content()).toBe("half a ");
  await expect(log.append("next\n")).rejects.toMatchObject({ code: "ENOSPC" });
  await log.close();
  expect(content()).toBe("half a ");
});

test("an append whose sync failed rejects", async () => {
  const log = await newLog(async (call, proceed) => {
    await proceed();
    throw systemError("EIO", call);
  });
  await expect(log.append("one\n")).rejects.toMatchObject({ code: "EIO" });
  await expect(log.append("two\n")).rejects.toMatchObject({ code: "EIO" });
  await log.close();
  expect(content()).toBe("one\n");
});

test("after an append that missed its deadline nothing is written, also when the volume answers again", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const healed = Promise.withResolvers<void>();
  const log = await newLog(async (_, proceed) => {
    await healed.promise;
    return proceed();
  });
  const first = expect(log.append("one\n")).rejects.toMatchObject({ code: "volume_unavailable" });
  await vi.advanceTimersByTimeAsync(10_000);
  await first;
  healed.resolve();
  await expect(log.append("two\n")).rejects.toMatchObject({ code: "volume_unavailable" });
  vi.useRealTimers();
  await log.close();
  expect(content()).not.toContain("two");
});
