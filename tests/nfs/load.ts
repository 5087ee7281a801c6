import { pbkdf2 } from "node:crypto";
import { lookup } from "node:dns/promises";
import { readFile } from "node:fs/promises";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { promisify } from "node:util";

const hash = promisify(pbkdf2);

/** Work that has nothing to do with the volume, but shares libuv's threads with it, ten times a second. */
export function createLoad() {
  const loop = monitorEventLoopDelay({ resolution: 10 });
  let timer: NodeJS.Timeout | undefined;
  let slowest = { dns: 0, crypto: 0, file: 0, memory: 0 };
  let failures: string[] = [];

  async function timed(kind: "dns" | "crypto" | "file", work: Promise<unknown>) {
    const start = performance.now();
    await work.catch((error: unknown) => failures.push(`${kind}: ${String(error)}`));
    slowest[kind] = Math.max(slowest[kind], performance.now() - start);
  }

  return {
    start() {
      slowest = { dns: 0, crypto: 0, file: 0, memory: 0 };
      failures = [];
      loop.reset();
      loop.enable();
      timer = setInterval(() => {
        void timed("dns", lookup("localhost"));
        void timed("crypto", hash("a", "b", 1, 8, "sha1"));
        void timed("file", readFile("/etc/hostname"));
        slowest.memory = Math.max(slowest.memory, process.memoryUsage.rss() / 1024 / 1024);
      }, 100);
    },
    stop() {
      clearInterval(timer);
      loop.disable();
      return { ...slowest, loop: loop.max / 1e6, failures };
    },
  };
}
