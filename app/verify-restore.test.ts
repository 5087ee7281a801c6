import { execFile } from "node:child_process";
import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { copyOfVolume, filesIn } from "../tests/fixtures/store/stored-files";
import { temporaryFolder } from "../tests/fixtures/store/temporary-folder";

const root = fileURLToPath(new URL("..", import.meta.url));

function verifyRestore(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const script = ["--import", "./tests/fixtures/register-app.ts", "app/verify-restore.ts", ...args];
  return new Promise((resolve) => {
    execFile(process.execPath, script, { cwd: root }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
    });
  });
}

test("a folder that was restored whole is said to be, with counts", async () => {
  const folder = copyOfVolume("plain");
  const { code, stdout } = await verifyRestore(folder);
  expect(stdout).toMatch(/^conversations +[1-9]/m);
  expect(stdout).toContain(`${folder} is whole: nothing is missing up to 20`);
  expect(code).toBe(0);
});

test("one without a file of a message, and one that is no DATA_DIR, end with 1", async () => {
  const folder = copyOfVolume("plain");
  rmSync(filesIn(`${folder}/attachments`)[0]!.path);
  const lacking = await verifyRestore(folder);
  expect(lacking).toMatchObject({
    code: 1,
    stdout: expect.stringMatching(/^MISSING +attachments\//m) as string,
  });
  const empty = await verifyRestore(temporaryFolder());
  expect(empty).toMatchObject({
    code: 1,
    stdout: expect.stringContaining("holds no conversation") as string,
  });
  expect((await verifyRestore()).stderr).toContain("npm run verify-restore -- DIR");
});
