import { NODE, REPOSITORY, rig } from "../../fixtures/nfs-rig.ts";
import { expect, type Scenario } from "../scenario.ts";

export const volumeCheck: Scenario = {
  name: "check-volume finds both clients' mount fit for use",
  async run({ dataDir, say }) {
    for (const client of ["a", "b"]) {
      const output = await rig(
        "run",
        client,
        `cd ${REPOSITORY} && ${NODE} --import ./tests/fixtures/register-app.ts app/check-volume.ts ${dataDir}`,
      );
      const lines = output.split("\n").filter(Boolean);
      expect(lines.at(-1)!.includes("can be used"), lines.at(-1)!);
      expect(
        !output.includes("WARN"),
        lines.find((line) => line.includes("WARN"))!,
      );
      if (client === "a") for (const line of lines) say(line.replaceAll(dataDir, "DIR"));
    }
  },
};
