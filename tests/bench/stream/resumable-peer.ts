import { createRequire } from "node:module";
import { writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { startServer } from "../server-process.ts";
import { NotInstalled } from "../turn-store.ts";
import { connectRedis } from "../peers/redis-client.ts";
import { startResumableServer } from "./servers.ts";

/**
 * Two nodes of `resumable-stream` over a Redis that keeps everything in memory, as its README has it.
 * @throws NotInstalled
 */
export async function startResumablePeer(modelUrl: string, folder: string, peers: string | undefined) {
  const PEERS = resolve(requirePeers(peers));
  const REDIS_SOCKET = join(folder, "socket");
  const config = join(folder, "redis.conf");
  await writeFile(config, `port 0\nunixsocket ${REDIS_SOCKET}\ndir ${folder}\nsave ""\nappendonly no\n`);
  const redis = await startServer({ command: "redis-server", args: [config], stopSignal: "SIGTERM" });
  (await redis.connect(() => connectRedis(REDIS_SOCKET))).end();
  const env = { MODEL_URL: modelUrl, PEERS, REDIS_SOCKET };
  const [runner, other] = [await startResumableServer(env), await startResumableServer(env)];
  return {
    urls: { runner: runner.url, other: other.url },
    async stop() {
      await runner.stop();
      await other.stop();
      await redis.stop();
    },
  };
}

const HOW = "npm install resumable-stream redis --prefix FOLDER, then --peers FOLDER";

function requirePeers(folder: string | undefined): string {
  if (folder === undefined) throw new NotInstalled(`not installed: ${HOW}`);
  const { resolve: find } = createRequire(pathToFileURL(`${resolve(folder)}/`));
  try {
    find("resumable-stream");
    find("redis");
  } catch (error) {
    throw new NotInstalled(`not installed in ${folder}: ${HOW}`, { cause: error });
  }
  return folder;
}
