import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const root = fileURLToPath(new URL("..", import.meta.url));
const filesWith = (files: string, pattern: RegExp) =>
  globSync(`${files}.test.ts`, { cwd: root }).filter((file) =>
    pattern.test(readFileSync(root + file, "utf8")),
  );
/** Of these `npm test` runs a part: see fixtures/variants.ts and fixtures/browser/screens.ts. */
const filesWithMore = filesWith(
  "{app/**,tests/browser,tests/cluster}/*",
  /\/variants";|\bscreenOr\(|\blong(Wide)?Test\b/,
);
const filesOnPhones = filesWith("tests/{browser,long}/*", /\/browser-test";[^]*^ *(test|longTest)\b/m);

/**
 * `npm test` runs four kinds of tests: `unit` beside the code, `cluster` with several processes, `measured` for those
 * that compare times, which run alone, and `browser` with Chromium. `npm run test:long` runs two: `long` for those that
 * are slow and rarely fail, and `phone` for all tests in a browser, on a small touch screen. All but the first start
 * servers: few of their files run at a time, and four on two cores where they wait most of the time.
 */
export default defineConfig({
  root,
  resolve: { alias: { "~": `${root}app` } },
  test: {
    root,
    // In milliseconds. A slow machine takes less.
    expect: { poll: { timeout: 40_000 } },
    testTimeout: 120_000,
    // A dev server alone has taken two minutes to start beside other work.
    hookTimeout: 300_000,
    // Files share a worker, its modules and its browser: a third of the processor time of a worker for each.
    isolate: false,
    setupFiles: "tests/fixtures/restore-globals.ts",
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["app/**/*.test.ts", "tests/*.test.ts", "tests/deploy/**/*.test.ts"],
          // Three quarters of the processor time of a process for each file.
          pool: "threads",
          // Vitest would leave one core to its own process, which has little to do.
          maxWorkers: "100%",
        },
      },
      {
        extends: true,
        test: {
          name: "cluster",
          include: ["tests/cluster/**/*.test.ts"],
          maxWorkers: 4,
        },
      },
      {
        extends: true,
        test: {
          name: "measured",
          include: ["tests/measured/**/*.test.ts"],
          fileParallelism: false,
          isolate: true,
        },
      },
      {
        extends: true,
        test: {
          name: "long",
          include: ["tests/long/**/*.test.ts", ...filesWithMore],
          env: { EVERY_VARIANT: "1", SCREEN: "wide" },
          globalSetup: "tests/fixtures/need-chromium.ts",
          // Of these, too, few wait for anything but the processors.
          maxWorkers: 3,
        },
      },
      {
        extends: true,
        test: {
          name: "phone",
          include: filesOnPhones,
          env: { EVERY_VARIANT: "1", SCREEN: "phone" },
          globalSetup: "tests/fixtures/need-chromium.ts",
          maxWorkers: 3,
        },
      },
      {
        extends: true,
        test: {
          name: "browser",
          include: ["tests/browser/**/*.test.ts"],
          globalSetup: "tests/fixtures/need-chromium.ts",
          maxWorkers: 4,
          // Files of one process share Playwright and the browser.
          isolate: false,
        },
      },
    ],
  },
});
