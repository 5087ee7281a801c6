import { spawnSync } from "node:child_process";
import { afterAll, beforeAll, expect, it } from "vitest";
import { FOREIGN_FOLDER, startRehearsal, type Rehearsal } from "../rehearsal/rehearsal";

/** A minute of copilot/chat/manifest.yml is 4 s here. */
const TIME_SCALE = 15;

let rehearsal: Rehearsal;
beforeAll(async () => {
  rehearsal = await startRehearsal({ timeScale: TIME_SCALE });
});
afterAll(() => (rehearsal as Rehearsal | undefined)?.stop());

it("nobody notices a rolling update, and what was begun is handed over", async () => {
  const { service, deployment, role } = rehearsal;
  const before = [...service.tasks];
  const { complaints, pages } = await rehearsal.chatThrough(
    async () => {
      expect(await service.deploy(rehearsal.release("the second release"))).toBe("completed");
      expect(service.fewestHealthy()).toBe(deployment.service.tasks);
    },
    { waiting: 1, patient: 3, chatty: 6 },
  );
  expect(complaints).toEqual([]);
  expect(before.map(({ state }) => state)).toEqual(before.map(() => "stopped"));
  // It was worth rehearsing: long answers were begun by one task and ended by another.
  expect(rehearsal.said("took over the reply")).toBeGreaterThan(0);
  expect(Math.max(...pages.map(({ nodes }) => nodes.size))).toBeGreaterThan(deployment.service.tasks);
  expect(rehearsal.balancer.passed.reused).toBeGreaterThan(0);
  // The role's credentials, each task its own, and new ones before the old ones expire.
  const used = [...role.given.values()].map((list) => list.filter(({ usedTimes }) => usedTimes > 0).length);
  expect(Math.min(...used)).toBeGreaterThan(0);
  expect(Math.max(...used)).toBeGreaterThan(1);
});

it("nobody notices a release that never gets ready, for it is rolled back", async () => {
  const { service } = rehearsal;
  const before = service.tasks.filter(({ state }) => state === "running");
  const { complaints } = await rehearsal.chatThrough(
    async () => {
      // Its volume cannot be written, as with another uid.
      const bad = rehearsal.release("a bad release", { DATA_DIR: FOREIGN_FOLDER });
      expect(await service.deploy(bad)).toBe("rolled back");
    },
    { waiting: 0, patient: 0, chatty: 2 },
  );
  expect(complaints).toEqual([]);
  expect(before.map(({ state }) => state)).toEqual(before.map(() => "running"));
});

it("nobody notices a task that is stopped at once, while the load balancer still sends it requests", async () => {
  const { service } = rehearsal;
  const { complaints } = await rehearsal.chatThrough(
    () => service.stopTask(service.tasks.find(({ state }) => state === "running")!),
    { waiting: 0, patient: 0, chatty: 3 },
  );
  expect(complaints).toEqual([]);
});

it("npm run rehearse-deploy says its options where it is asked, or does not know one", () => {
  const run = (option: string) =>
    spawnSync(
      process.execPath,
      ["--import", "./tests/fixtures/register-app.ts", "tests/rehearsal/run.ts", option],
      {
        encoding: "utf8",
      },
    );
  expect(run("--help")).toMatchObject({ status: 0, stdout: expect.stringContaining("--scale") as string });
  const refused = run("--skale=3");
  expect(refused).toMatchObject({ status: 1, stderr: expect.stringContaining("--scale") as string });
  expect(refused.stderr).not.toContain("    at ");
});
