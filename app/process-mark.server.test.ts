import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, it, test } from "vitest";
import { isProcessGone, processMark, realProcesses, type Processes } from "./process-mark.server";

const stat = (state: string, startedAt: number) =>
  `77 (node) ) x) ${state} 1 77 77 0 -1 4194304 1 0 0 0 1 2 0 0 20 0 11 0 ${startedAt} 5 6`;

/** A machine with one process, 77, unless it has another or none. */
const machine = (changes: Partial<Record<"boot" | "space" | "stat" | "signal", string>> = {}): Processes => ({
  readText(path) {
    if (path.endsWith("boot_id")) return `${changes.boot ?? "8d0c"}\n`;
    if (path === "/proc/77/stat") return changes.stat ?? stat("S", 4_711);
    throw new Error(path);
  },
  readLink: () => changes.space ?? "pid:[4026531836]",
  signal0() {
    if (changes.signal) throw Object.assign(new Error(), { code: changes.signal });
  },
});

const boot = `aBc9${processMark(77, machine())}`;

test("the mark of a process fits into the name of a boot", () => {
  expect(boot).toMatch(/^aBc9-[0-9a-f]{12}-25-3mv$/);
});

it.each([
  ["runs", machine(), false],
  ["runs as another user", machine({ signal: "EPERM" }), false],
  ["is not there", machine({ signal: "ESRCH" }), true],
  ["has ended and was not yet waited for", machine({ stat: stat("Z", 4_711) }), true],
  ["is another under the same number", machine({ stat: stat("S", 9_999) }), true],
  ["is hidden", machine({ stat: "" }), false],
  ["is on another machine, or before its restart", machine({ boot: "77aa", signal: "ESRCH" }), false],
  ["is in another container", machine({ space: "pid:[1]", signal: "ESRCH" }), false],
])("a process that %s", (_, processes, expected) => {
  expect(isProcessGone(boot, processes)).toBe(expected);
});

test("a boot without a mark, or a machine without /proc, does not count as gone", () => {
  const none: Processes = {
    ...machine({ signal: "ESRCH" }),
    readText: () => {
      throw new Error("ENOENT");
    },
  };
  expect(processMark(77, none)).toBe("");
  expect(isProcessGone(boot, none)).toBe(false);
  expect(isProcessGone("aBc9", machine({ signal: "ESRCH" }))).toBe(false);
});

test("a real process counts as gone only after it has ended", async () => {
  const child = spawn("sleep", ["60"]);
  await once(child, "spawn");
  const mark = `x${processMark(child.pid!, realProcesses)}`;
  expect(isProcessGone(mark, realProcesses)).toBe(false);
  child.kill("SIGKILL");
  await once(child, "exit");
  // Without /proc, as on macOS, nothing is known.
  expect(isProcessGone(mark, realProcesses)).toBe(mark !== "x");
});
