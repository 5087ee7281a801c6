import { dirname } from "node:path";
import { NODE, REPOSITORY, rig, startOnClient, urlOnClient, type Client } from "../fixtures/nfs-rig.ts";
import { SERVE_BUILD, type NodeHost } from "../fixtures/node-host.ts";

const PORT = 3000;

/**
 * A client of the rig as a place for a node. It is reached over the network that is never cut: so a node can be
 * asked that has lost its volume.
 */
export function createClientHost(client: Client): NodeHost {
  const name = `node-${client}`;
  const pidFile = `/tmp/${name}.pid`;
  return {
    name,
    url: urlOnClient(client, PORT),
    spawn(env) {
      const assignments = Object.entries({
        ...env,
        NODE_ENV: "production",
        HOST: "0.0.0.0",
        PORT: String(PORT),
      });
      return startOnClient(
        client,
        `cd ${REPOSITORY} && echo $$ >${pidFile} && PATH=${dirname(NODE)}:$PATH && exec env ` +
          `${assignments.map(([key, value]) => `${key}='${value}'`).join(" ")} ${SERVE_BUILD.join(" ")}`,
      );
    },
    async signal(signal) {
      await rig("run", client, `kill -${signal.slice("SIG".length)} $(cat ${pidFile})`);
    },
  };
}
