import { setTimeout as delay } from "node:timers/promises";
import { newId } from "~/conversation/session-id";
import { createLayout } from "~/store/layout";
import { createSessionStore } from "~/store/session-store";
import { createVolume } from "~/store/volume";

/** The store as the server wires it, on a folder of its own. */
export function openStore(dataDir: string) {
  const layout = createLayout(dataDir);
  const store = createSessionStore({
    volume: createVolume(),
    layout,
    instance: `bench.${newId().replace(/[^A-Za-z0-9]/g, "")}`,
    newId,
    random: Math.random,
    delay,
    now: () => performance.now(),
    committed: () => undefined,
    damaged: (event) => {
      throw new Error(`a revision was damaged: ${event.reason}`);
    },
  });
  return { layout, store };
}
