import { errorCode } from "~/store/volume/volume";
import { describeCall, type Intercept } from "../fixtures/store/store-file-system.ts";

/** Counts the errors of the file system, and can stop the process or the commit right before a call. */
export function observeCalls(onPause: (before: string) => void) {
  let failed: Record<string, number> = {};
  let linksTakenBack = 0;
  const lastLink = new Map<string, string>();
  let pause: { in: number; how: "freeze" | "hold"; only: string | null } | null = null;
  let release = () => {};

  const intercept: Intercept = async (call, proceed) => {
    if (pause && (pause.only === null || pause.only === call.name) && pause.in-- === 0) {
      const { how } = pause;
      pause = null;
      const released = new Promise<void>((resolve) => (release = resolve));
      onPause(describeCall(call));
      if (how === "freeze") process.kill(process.pid, "SIGSTOP");
      else await released;
    }
    const key = /[0-9a-f]{64}/.exec(call.path)?.[0] ?? "";
    try {
      const result = await proceed();
      if (call.name === "link") lastLink.set(key, call.to!);
      // A commit prunes what is older than itself; the name that it made last it removes only as a zombie's.
      if (call.name === "unlink" && lastLink.get(key) === call.path) linksTakenBack += 1;
      return result;
    } catch (error) {
      const what = `${call.name} ${errorCode(error)}`;
      failed[what] = (failed[what] ?? 0) + 1;
      throw error;
    }
  };

  return {
    intercept,
    pauseAt(n: number, how: "freeze" | "hold", only: string | null = null) {
      pause = { in: n, how, only };
    },
    release() {
      pause = null;
      release();
    },
    report() {
      const report = { failed, linksTakenBack };
      failed = {};
      linksTakenBack = 0;
      return report;
    },
  };
}
