import { expect, test } from "vitest";
import { createEcsService } from "./rehearsal/ecs-service";

const settings = {
  tasks: 2,
  minimumHealthyPercent: 100,
  maximumPercent: 200,
  graceMs: 1_000,
  stopMs: 1_000,
  event: () => undefined,
};

test("a rehearsal whose tasks cannot be started at all says why, and ends", async () => {
  const service = createEcsService({
    ...settings,
    launch: () => Promise.reject(new Error("podman run failed: no such image")),
    register: () => {
      throw new Error("nothing is to be registered");
    },
  });
  const release = { name: "the first release", variables: {} };
  await expect(service.deploy(release)).rejects.toThrow(
    "No task could be started. podman run failed: no such image",
  );
  await service.stop();
});
