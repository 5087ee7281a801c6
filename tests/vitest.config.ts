import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const root = fileURLToPath(new URL("..", import.meta.url));
const resolve = { alias: { "~": `${root}app` } };
/** Longer than any machine takes that is merely slow: in milliseconds. */
const expect = { poll: { timeout: 15_000 } };

/**
 * Three kinds of tests: `unit` beside the code, `cluster` with several processes, `browser` with Chromium.
 * The last two start servers: few of their files run at a time.
 */
export default defineConfig({
  root,
  test: {
    projects: [
      {
        resolve,
        test: {
          name: "unit",
          root,
          include: ["app/**/*.test.ts", "tests/*.test.ts", "tests/deploy/*.test.ts"],
          expect,
          testTimeout: 60_000,
        },
      },
      {
        resolve,
        test: {
          name: "cluster",
          root,
          include: ["tests/cluster/**/*.test.ts"],
          expect,
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        resolve,
        test: {
          name: "browser",
          root,
          include: ["tests/browser/**/*.test.ts"],
          expect,
          // They wait most of the time; more at once would have them wait for each other.
          maxWorkers: 2,
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
