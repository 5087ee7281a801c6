import { request } from "node:http";
import type { HealthCheck } from "./deployment.ts";

/**
 * Asks a target for its health, each time on a connection of its own. The first success puts it in; after that it
 * takes as many in a row as the thresholds say.
 */
export function watchHealth(
  url: string,
  { path, intervalMs, timeoutMs, healthyThreshold, unhealthyThreshold }: HealthCheck,
  decide: (state: "healthy" | "unhealthy") => void,
  over: AbortSignal,
): void {
  let isIn: boolean | null = null;
  let inARow = 0;

  async function check() {
    const isWell = await answers(new URL(path, url), timeoutMs);
    if (over.aborted) return;
    if (isWell === isIn) inARow = 0;
    else inARow += 1;
    const needed = isWell ? (isIn === null ? 1 : healthyThreshold) : unhealthyThreshold;
    if (inARow < needed) return;
    isIn = isWell;
    inARow = 0;
    decide(isWell ? "healthy" : "unhealthy");
  }

  const timer = setInterval(() => void check(), intervalMs);
  over.addEventListener("abort", () => clearInterval(timer), { once: true });
  void check();
}

function answers(url: URL, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = request(url, { agent: false, headers: { "User-Agent": "ELB-HealthChecker/2.0" } });
    const late = setTimeout(() => asked.destroy(new Error("too late")), timeoutMs);
    const end = (isWell: boolean) => {
      clearTimeout(late);
      resolve(isWell);
    };
    asked.on("response", (answer) => {
      answer.resume();
      end(answer.statusCode === 200);
    });
    asked.on("error", () => end(false));
    asked.end();
  });
}
