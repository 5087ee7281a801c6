import { globSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { endCommandsOnSignal, runCommand } from "./fixtures/run-command.ts";

/**
 * `npm test`: every check and every kind of test, with one total at the end. It continues after a failure, so that
 * one run shows all failures. Further arguments go to vitest: `npm test -- -t "name of a test"`.
 */
type Tally = { passed: number; failed: number; skipped: number; failures: string[] };
type Step = { name: string; run: (live: boolean) => Promise<Tally>; hasFailed: boolean };

const root = fileURLToPath(new URL("..", import.meta.url));
const artifacts = `${root}tests/.artifacts`;
const began = performance.now();

endCommandsOnSignal();
rmSync(artifacts, { recursive: true, force: true });
mkdirSync(artifacts, { recursive: true });

const build = check("build", "npm", "run", "build");
const tallies = await sideBySide([
  build,
  check("types", "tsc"),
  check("chromium", "node", "tests/fixtures/need-chromium.ts"),
  check("lint", "eslint", "--config", "tests/eslint.config.js", "--max-warnings", "0", "."),
  project("unit", "{app/**,tests,tests/deploy/**}/*.test.ts"),
  check("format", "prettier", "--check", "."),
]);
// These serve the build and use the whole machine, so they run one after another.
for (const name of ["cluster", "measured", "browser"]) {
  tallies.push(await timed(project(name, `tests/${name}/**/*.test.ts`, build), true));
}

const sum = (key: "passed" | "failed" | "skipped") => tallies.reduce((total, tally) => total + tally[key], 0);
console.log(`\nwhole run: ${secondsSince(began)}`);
// Repeated here, for readers who see only the end of a long output.
for (const failure of tallies.flatMap(({ failures }) => failures)) console.log(`✗ ${failure}`);
console.log(
  `${sum("passed")} passed, ${sum("failed")} failed` + (sum("skipped") ? `, ${sum("skipped")} skipped` : ""),
);
process.exitCode = sum("failed") > 0 ? 1 : 0;

/** A command that passes or fails as a whole: one test. */
function check(name: string, command: string, ...args: string[]): Step {
  return {
    name,
    hasFailed: false,
    run: async (live) => {
      const { code, output } = await runCommand(command, args, live);
      if (code !== 0 && !live) console.log(output.trimEnd());
      return code === 0 ? { passed: 1, failed: 0, skipped: 0, failures: [] } : failure(name);
    },
  };
}

/** One project of tests/vitest.config.ts. `files` are its tests, which are not run if the step `needed` has failed. */
function project(name: string, files: string, needed?: Step): Step {
  const report = `${artifacts}/${name}.json`;
  const args = ["run", "--config", "tests/vitest.config.ts", "--project", name];
  args.push("--reporter", "default", "--reporter", "json", `--outputFile.json=${report}`);
  return {
    name,
    hasFailed: false,
    run: async (live) => {
      if (globSync(files, { cwd: root }).length === 0) {
        console.log(`${name}: there is no ${files} yet`);
        return { passed: 0, failed: 0, skipped: 0, failures: [] };
      }
      // An older build would be tested instead.
      if (needed?.hasFailed) return failure(`${name}: not run, because ${needed.name} failed`);
      const { code, output } = await runCommand("vitest", [...args, ...process.argv.slice(2)], live);
      if (!live) console.log(output.trimEnd());
      return tallyOf(name, report, code);
    },
  };
}

/** The counts of vitest. A run without a test, and one that failed without a failed test, counts as one failure. */
function tallyOf(name: string, file: string, code: number): Tally {
  const report = readReport(file);
  const passed = report.numPassedTests ?? 0;
  const failed = report.numFailedTests ?? 0;
  const skipped = (report.numPendingTests ?? 0) + (report.numTodoTests ?? 0);
  if (failed > 0 || (code === 0 && passed > 0))
    return { passed, failed, skipped, failures: failuresIn(report) };
  const reason = `${name}: vitest ended with code ${code} after ${passed} passed tests`;
  console.log(reason);
  return { ...failure(reason), passed, skipped };
}

function failure(what: string): Tally {
  return { passed: 0, failed: 1, skipped: 0, failures: [what] };
}

type Report = Partial<
  Record<"numPassedTests" | "numFailedTests" | "numPendingTests" | "numTodoTests", number>
> & {
  testResults?: {
    name: string;
    assertionResults: { fullName: string; status: string; failureMessages: string[] }[];
  }[];
};

function failuresIn({ testResults = [] }: Report): string[] {
  return testResults.flatMap(({ name, assertionResults }) =>
    assertionResults
      .filter(({ status }) => status === "failed")
      .map(({ fullName, failureMessages }) => {
        const why = failureMessages.join("\n").split("\n");
        const ours = why.filter((line) => !/^ +at .*(node_modules|new Promise)/.test(line)).slice(0, 20);
        return [`${relative(root, name)}: ${fullName}`, ...ours].join("\n  ");
      }),
  );
}

function readReport(file: string): Report {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Report;
  } catch (error) {
    console.log(`no report of the tests: ${String(error)}`);
    return {};
  }
}

async function sideBySide(steps: Step[]): Promise<Tally[]> {
  const tallies: Tally[] = [];
  const lane = async () => {
    for (let step = steps.shift(); step; step = steps.shift()) tallies.push(await timed(step, false));
  };
  await Promise.all(Array.from({ length: availableParallelism() }, lane));
  return tallies;
}

async function timed(step: Step, live: boolean): Promise<Tally> {
  const start = performance.now();
  const tally = await step.run(live);
  step.hasFailed = tally.failed > 0;
  console.log(`${step.hasFailed ? "✗" : "✓"} ${step.name} (${secondsSince(start)})`);
  return tally;
}

function secondsSince(start: number): string {
  return `${((performance.now() - start) / 1000).toFixed(1)} s`;
}
