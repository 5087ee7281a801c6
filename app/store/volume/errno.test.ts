import { expect, it } from "vitest";
import { interceptedFileSystem } from "../../../tests/fixtures/store/store-file-system";
import { isVolumeFault } from "./errno";
import { createVolume } from "./volume";

function measured(intercept: Parameters<typeof interceptedFileSystem>[0]) {
  const answers: { ms: number; fault: boolean }[] = [];
  const volume = createVolume({
    fs: interceptedFileSystem(intercept),
    maxInFlight: 1,
    deadlineMs: 200,
    onAnswer: (ms, error) => answers.push({ ms, fault: error !== null && isVolumeFault(error) }),
  });
  return { volume, answers };
}

const failing = (code: string) => () => Promise.reject(Object.assign(new Error(code), { code }));

it.each(["EIO", "ENOSPC", "EROFS", "EACCES", "EDQUOT", "ENOTDIR"])(
  "%s is a fault of the volume",
  async (code) => {
    const { volume, answers } = measured(failing(code));
    await expect(volume.unlink("/x")).rejects.toMatchObject({ code });
    expect(answers).toMatchObject([{ fault: true }]);
  },
);

it.each(["ENOENT", "EEXIST", "ENOTEMPTY", "ELOOP"])(
  "%s is an expected error, not a fault of the volume",
  async (code) => {
    const { volume, answers } = measured(failing(code));
    await expect(volume.link("/x", "/y")).rejects.toMatchObject({ code });
    expect(answers).toMatchObject([{ fault: false }]);
  },
);

it("ESTALE is an expected error, although Node has no name for it", () => {
  expect(isVolumeFault(Object.assign(new Error(), { errno: -116, code: "Unknown system error -116" }))).toBe(
    false,
  );
});

it("a volume that does not answer is reported at the deadline, also for callers in the queue", async () => {
  const hanging = Promise.withResolvers<never>();
  const { volume, answers } = measured(() => hanging.promise);
  await Promise.allSettled([volume.list("/x"), volume.list("/x")]);
  expect(answers).toMatchObject([{ fault: true }, { fault: true }]);
  for (const { ms } of answers) expect(ms).toBeGreaterThan(190);
});
