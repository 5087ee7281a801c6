import { expect, it } from "vitest";
import { createFakeTime } from "../../../tests/fixtures/fake-time";
import { createCallProgress, REPORT_MS } from "./call-progress";

it("the progress of all running calls is reported at once, and then at most twice a second, the newest", async () => {
  const time = createFakeTime();
  const reports: unknown[] = [];
  const delay = (ms: number) => new Promise((resolve) => time.timer(ms, () => resolve(null)));
  const progress = createCallProgress({ delay, report: (all) => void reports.push(all) });
  const [one, two] = [progress.begin("one"), progress.begin("two")];
  for (let done = 0; done <= 1_000; done++) one({ progress: done });
  two({ progress: 1, total: 2 });
  expect(reports).toEqual([[{ toolCallId: "one", progress: 0 }]]);
  await time.advance(REPORT_MS);
  const both = [
    { toolCallId: "one", progress: 1_000 },
    { toolCallId: "two", progress: 1, total: 2 },
  ];
  expect(reports.slice(1)).toEqual([both]);
  progress.end("one");
  two({ progress: 2, total: 2 });
  await time.advance(REPORT_MS);
  expect(reports.slice(2)).toEqual([[{ toolCallId: "two", progress: 2, total: 2 }]]);
  await time.advance(10 * REPORT_MS);
  expect(reports).toHaveLength(3);
});
