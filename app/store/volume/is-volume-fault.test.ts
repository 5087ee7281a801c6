import { expect, it } from "vitest";
import { interceptedFileSystem } from "../../../tests/fixtures/store-file-system";
import { isVolumeFault } from "./is-volume-fault";
import { createVolume } from "./volume";

function measured(intercept: Parameters<typeof interceptedFileSystem>[0]) {
  const told: { ms: number; fault: boolean }[] = [];
  const volume = createVolume({
    fs: interceptedFileSystem(intercept),
    maxInFlight: 1,
    deadlineMs: 200,
    onAnswer: (ms, error) => told.push({ ms, fault: error !== null && isVolumeFault(error) }),
  });
  return { volume, told };
}

const failing = (code: string) => () => Promise.reject(Object.assign(new Error(code), { code }));

it.each(["EIO", "ENOSPC", "EROFS", "EACCES", "EDQUOT", "ENOTDIR"])(
  "%s is the volume's fault",
  async (code) => {
    const { volume, told } = measured(failing(code));
    await expect(volume.unlink("/x")).rejects.toMatchObject({ code });
    expect(told).toMatchObject([{ fault: true }]);
  },
);

it.each(["ENOENT", "EEXIST", "ENOTEMPTY", "ELOOP"])("%s is an answer like any other", async (code) => {
  const { volume, told } = measured(failing(code));
  await expect(volume.link("/x", "/y")).rejects.toMatchObject({ code });
  expect(told).toMatchObject([{ fault: false }]);
});

it("a file handle that is stale on NFS is an answer, though Node has no name for it", () => {
  expect(isVolumeFault(Object.assign(new Error(), { errno: -116, code: "Unknown system error -116" }))).toBe(
    false,
  );
});

it("a volume that does not answer is told at the deadline, for the callers that wait for a place too", async () => {
  const hanging = Promise.withResolvers<never>();
  const { volume, told } = measured(() => hanging.promise);
  await Promise.allSettled([volume.list("/x"), volume.list("/x")]);
  expect(told).toMatchObject([{ fault: true }, { fault: true }]);
  for (const { ms } of told) expect(ms).toBeGreaterThan(190);
});
