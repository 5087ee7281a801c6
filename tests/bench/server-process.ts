import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { NotInstalled } from "./turn-store.ts";

export type ServerOptions = {
  command: string;
  args: string[];
  stopSignal: NodeJS.Signals;
  /** A server that refuses to run as root runs as somebody else. */
  user?: { uid: number; gid: number } | undefined;
};

const PATIENCE_MS = 20_000;
const running = new Map<ChildProcess, NodeJS.Signals>();
process.once("exit", () => {
  for (const [child, signal] of running) child.kill(signal);
});

/** @throws NotInstalled */
export async function startServer({ command, args, stopSignal, user }: ServerOptions) {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], ...user });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => (output = (output + text).slice(-4_000)));
  }
  await once(child, "spawn").catch((error: unknown) => {
    throw (error as NodeJS.ErrnoException).code === "ENOENT"
      ? new NotInstalled(`there is no ${command}`)
      : error;
  });
  running.set(child, stopSignal);
  const ended = once(child, "exit").then(() => void running.delete(child));
  const isRunning = () => running.has(child);

  return {
    /** Tries until the server answers, for it needs a while to be ready. */
    async connect<T>(attempt: () => Promise<T>): Promise<T> {
      const giveUpAt = performance.now() + PATIENCE_MS;
      for (;;) {
        try {
          return await attempt();
        } catch (error) {
          if (isRunning() && performance.now() < giveUpAt) await delay(50);
          else {
            child.kill("SIGKILL");
            throw new Error(`${command} does not answer:\n${output}`, { cause: error });
          }
        }
      }
    },
    /** The server and the processes that it has started. */
    processes: (): number[] => [child.pid!, ...childrenOf(child.pid!)],
    async stop() {
      child.kill(stopSignal);
      const patience = new AbortController();
      await Promise.race([ended, delay(PATIENCE_MS, undefined, { signal: patience.signal })]);
      patience.abort();
      if (isRunning()) child.kill("SIGKILL");
      await ended;
    },
  };
}

function childrenOf(pid: number): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => parentOf(name) === pid)
    .map(Number);
}

function parentOf(pid: string): number | null {
  try {
    return Number(/^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
  } catch {
    // It has ended since it was listed.
    return null;
  }
}
