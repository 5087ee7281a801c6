import { spawn } from "node:child_process";
import { chmod, chown, mkdir } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { freePort } from "../fixtures/free-port.ts";
import { endWithThisProcess, signalGroup } from "../fixtures/process-group.ts";
import type { Deployment } from "./deployment.ts";
import type { Install } from "./production-install.ts";
import type { Exit, LaunchTask, Task } from "./task.ts";

const isRoot = process.getuid?.() === 0;

/** The shared folder, as an EFS access point makes it: the owner's, 0755. */
export async function makeVolume(path: string, { uid, gid }: Deployment["owner"]): Promise<void> {
  await mkdir(path, { mode: 0o755, recursive: true });
  await chmod(path, 0o755);
  if (isRoot) await chown(path, uid, gid);
}

/**
 * Tasks as processes of a production install: its command and variables, and its user where we may become that.
 * What an image has besides is not rehearsed: its own file system and C library, the port, init, memory and CPU limits.
 */
export function processTasks(install: Install, volume: string, deployment: Deployment): LaunchTask {
  let count = 0;
  return async (variables) => {
    const port = await freePort();
    const [command, ...words] = install.command;
    const child = spawn(command!, words, {
      cwd: install.folder,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
      ...(isRoot && deployment.owner),
      env: {
        PATH: join(install.folder, "bin"),
        ...deployment.imageVariables,
        DATA_DIR: volume,
        ...variables,
        // A task has an address of its own; processes share theirs.
        HOST: "127.0.0.1",
        PORT: String(port),
      } as Record<string, string> as NodeJS.ProcessEnv,
    });
    if (child.pid !== undefined) endWithThisProcess(child.pid);
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => (output += text));
    }
    const exited = new Promise<Exit>((resolve) => {
      child.once("error", (error) => {
        output += String(error);
        resolve({ code: null, signal: null });
      });
      child.once("exit", (code, signal) => resolve({ code, signal }));
    });
    return {
      id: String(++count),
      url: `http://127.0.0.1:${port}`,
      listening: listening(port, exited),
      exited,
      output: () => output,
      signal(signal) {
        if (child.pid !== undefined) signalGroup(child.pid, signal);
      },
    } satisfies Task;
  };
}

/** Resolves when something accepts connections there; rejects where the process has ended before. */
export async function listening(port: number, exited: Promise<Exit>): Promise<void> {
  let hasEnded = false;
  void exited.then(() => (hasEnded = true));
  while (!(await accepts(port))) {
    if (hasEnded) throw new Error("it ended before it listened");
    await delay(50);
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
