import type { Scenario } from "../scenario.ts";

export const cost: Scenario = {
  name: "what a commit and a read of 20 KB cost, beside the same file operations bare",
  async run({ start, say }) {
    const a = await start("a", "a");
    const { commit, read } = await a.call("cost", 150);
    const row = (what: string, times: number, floor: number, { ratio, low, high }: typeof read.ratio) =>
      say(
        `${what}: median ${times.toFixed(1)} ms, bare ${floor.toFixed(1)} ms, ratio ${ratio.toFixed(2)} ` +
          `(${low.toFixed(2)} to ${high.toFixed(2)})`,
      );
    const floor = commit.result.find(({ name }) => name === "floor")!;
    for (const arm of commit.result) {
      if (arm !== floor) row(`commit by ${arm.name}`, arm.median, floor.median, arm.ratio);
    }
    row("read", read.store, read.floor, read.ratio);
  },
};
