import { expect, test } from "vitest";
import { temporaryFolder } from "../fixtures/store/temporary-folder";
import { torture } from "../fixtures/store/torture";

/** The short form of `npm run torture`. With this seed, some are killed at exact moments and some frozen. */
test.each([15, 60])(
  "every acknowledged message survives %i writers that are killed or frozen at any moment",
  async (kills) => {
    const { faults, ...summary } = await torture({
      dataDir: temporaryFolder(),
      kills,
      minutes: 0.3,
      seed: Number(process.env.SEED ?? 20_260),
      processes: 4,
      sessions: 3,
    });
    console.log(`torture: ${JSON.stringify(summary)}`);
    expect(faults).toEqual([]);
    expect(summary).toMatchObject({ lost: 0, doubled: 0 });
    expect(summary.kills).toBeGreaterThan(0);
    expect(summary.zombies).toBeGreaterThan(0);
  },
);
