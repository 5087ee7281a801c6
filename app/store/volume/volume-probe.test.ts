import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { createFakeTime, type FakeTime } from "../../../tests/fixtures/fake-time";
import { interceptedFileSystem, type Intercept } from "../../../tests/fixtures/store/store-file-system";
import { temporaryFolder } from "../../../tests/fixtures/store/temporary-folder";
import { createLayout, type Layout } from "~/store/documents/layout";
import { createVolume } from "./volume";
import { createVolumeProbe, type VolumeProbe, type VolumeState } from "./volume-probe";

let dataDir: string;
let layout: Layout;
let time: FakeTime;
let calls: string[];
let weather: Intercept;
let changes: VolumeState[];
let probe: VolumeProbe;

beforeEach(async () => {
  dataDir = temporaryFolder();
  layout = createLayout(dataDir);
  time = createFakeTime();
  calls = [];
  weather = (_, proceed) => proceed();
  const fs = interceptedFileSystem((call, proceed) => {
    calls.push(call.name);
    return weather(call, proceed);
  });
  const { now, timer } = time;
  changes = [];
  const changed = (state: VolumeState) => void changes.push(state);
  const volume = createVolume({ fs });
  probe = createVolumeProbe({ volume, layout, instance: "a.b1", now, timer, onChange: changed });
});

function failing(name: string, code: string): Intercept {
  return (call, proceed) =>
    call.name === name ? Promise.reject(Object.assign(new Error(code), { code, syscall: name })) : proceed();
}

test("a writable volume is usable, and the probe leaves no files", async () => {
  expect(await probe.state()).toEqual({ usable: true });
  expect(await readdir(layout.nodes)).toEqual([]);
});

test("many calls within two seconds cost one probe", async () => {
  await Promise.all([probe.state(), probe.state()]);
  const asked = calls.length;
  await time.advance(2_000);
  await probe.state();
  expect(calls).toHaveLength(asked);
  await time.advance(1);
  await probe.state();
  expect(calls.length).toBeGreaterThan(asked);
});

test("a probe after a successful one makes no folders", async () => {
  await probe.state();
  await time.advance(3_000);
  calls.length = 0;
  await probe.state();
  expect(calls.filter((name) => ["mkdir", "readdir", "lstat"].includes(name))).toEqual([]);
  expect(calls.filter((name) => name === "unlink")).toHaveLength(2);
});

test.each([
  ["open", "EACCES", "it may not be written by this user"],
  ["open", "EROFS", "it is mounted read-only"],
  ["link", "EPERM", "its file system has no hard links, which commits need"],
  ["link", "ENOTSUP", "its file system has no hard links, which commits need"],
  ["mkdir", "ENOTDIR", "a file stands where a folder should be"],
  ["sync", "EIO", "EIO"],
])("a probe whose %s fails with %s reports: %s", async (name, code, reason) => {
  weather = failing(name, code);
  expect(await probe.state()).toEqual({ usable: false, reason });
});

test.each([
  ["write", "ENOSPC", 12, "no space is left"],
  ["open", "ENOSPC", 0, "no inodes are left"],
  ["link", "ENOSPC", 0, "no inodes are left"],
  ["sync", "EDQUOT", 12, "its quota is used up"],
])(
  "a volume whose %s fails with %s, with %i inodes free, is usable, and %s",
  async (name, code, ffree, full) => {
    const space = { type: 0, bsize: 4_096, bavail: 0, files: 100, ffree };
    // Folders are opened, too, and can be.
    weather = (call, proceed) => {
      if (call.name === "statfs") return Promise.resolve(space);
      if (name === "open" && !/probe/.test(call.path)) return proceed();
      return failing(name, code)(call, proceed);
    };
    expect(await probe.state()).toEqual({ usable: true, full });
  },
);

test("a file system whose link() replaces a name is not usable", async () => {
  weather = (call, proceed) => (call.name === "link" ? Promise.resolve() : proceed());
  expect(await probe.state()).toEqual({
    usable: false,
    reason: expect.stringContaining("second link()") as string,
  });
});

test("a volume is usable again after a failed probe, whatever files that has left", async () => {
  weather = failing("link", "EIO");
  await probe.state();
  await writeFile(join(layout.nodes, "a.b1.probe-link"), "");
  weather = (_, proceed) => proceed();
  await time.advance(3_000);
  expect(await probe.state()).toEqual({ usable: true });
  expect(await readdir(layout.nodes)).toEqual([]);
});

test("each change of the volume's state is reported once", async () => {
  for (const each of [weather, failing("sync", "EIO"), failing("sync", "EDQUOT"), weather]) {
    weather = each;
    for (let call = 0; call < 3; call++) {
      await Promise.all([probe.state(), probe.state()]);
      await time.advance(3_000);
    }
  }
  expect(changes).toEqual([
    { usable: true },
    { usable: false, reason: "EIO" },
    { usable: true, full: "its quota is used up" },
    { usable: true },
  ]);
});

test("a volume that hangs is reported in bounded time, gets no second probe meanwhile, and recovers", async () => {
  let thaw = () => {};
  const frozen = new Promise<void>((resolve) => (thaw = resolve));
  weather = async (_, proceed) => {
    await frozen;
    return proceed();
  };
  const first = probe.state();
  await time.advance(2_500);
  expect(await first).toEqual({ usable: false, reason: "it gives no answer" });
  const asked = calls.length;
  const second = probe.state();
  await time.advance(0);
  expect(await second).toEqual({ usable: false, reason: "it gives no answer" });
  expect(calls).toHaveLength(asked);
  thaw();
  await expect.poll(() => probe.state()).toEqual({ usable: true });
});
