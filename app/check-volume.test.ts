import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeEach, expect, test } from "vitest";
import { temporaryFolder } from "../tests/fixtures/store/temporary-folder";

const root = fileURLToPath(new URL("..", import.meta.url));
let folder: string;

beforeEach(async () => {
  folder = temporaryFolder();
});

function checkVolume(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const script = ["--import", "./tests/fixtures/register-app.ts", "app/check-volume.ts", ...args];
  return new Promise((resolve) => {
    execFile(process.execPath, script, { cwd: root }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
    });
  });
}

test("a folder that will do gives a table, a verdict and 0", async () => {
  const { code, stdout } = await checkVolume(folder);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^ok {4}link excludes +\d+ ms {2}1 of 8 writers got the name$/m);
  expect(stdout).toContain(`\n${folder} can be used`);
});

test("one that will not gives the reason and 1", async () => {
  await writeFile(join(folder, "file"), "");
  const { code, stdout } = await checkVolume(join(folder, "file"));
  expect(code).toBe(1);
  expect(stdout).toContain("cannot be used: folder: a file stands where a folder should be.");
});

test.each([[[]], [["--help"]], [["a", "b"]]])("%j is answered with one clear line and 1", async (args) => {
  expect(await checkVolume(...args)).toEqual({
    code: 1,
    stdout: "",
    stderr: "Name the folder to check, as in: npm run check-volume -- DIR\n",
  });
});
