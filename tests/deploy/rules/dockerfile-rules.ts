import { environment, execForm, parseDockerfile, withBases } from "../../fixtures/dockerfile.ts";
import { CREDENTIALS } from "../agreement.ts";
import { OF_A_SECRET } from "./trust-rules.ts";
import { stageRules } from "./build-rules.ts";

/** A patch version of Node 24, so that the same commit gives the same Node. */
const BASE =
  /^((docker\.io|public\.ecr\.aws\/docker)\/library\/)?node:24\.\d+\.\d+-((bookworm|trixie)-)?slim(@sha256:[0-9a-f]{64})?$/;

const BY_START_SH =
  "starts node by way of start.sh, so that SIGTERM reaches the server and settings of its user are kept";

/** A busy machine of two small cores took 17 s. */
const LEAST_START_S = 30;

export type DockerfileRule = { instruction: string; rule: string };

/** The folders of a VOLUME, in either form. */
const volumes = (value: string | undefined) => execForm(value ?? "")?.join(" ") ?? value;

/** Every rule of ours that a Dockerfile breaks, with the instruction that is to be mended. */
export function dockerfileProblems(text: string, stages = parseDockerfile(text)): DockerfileRule[] {
  const last = stages.at(-1)!;
  const bases = stages.filter(({ image }) => !stages.some(({ name }) => name === image));
  const instructions = withBases(stages, last).flatMap((stage) => stage.instructions);
  const value = (name: string) => instructions.findLast((each) => each.name === name)?.value;
  const env = environment(instructions);
  const copied = instructions
    .filter(({ name }) => name === "COPY" || name === "ADD")
    .map((each) => each.value);
  const command = execForm(value("CMD") ?? "");
  const healthcheck = /^(.*?)\bCMD (.*)$/.exec(value("HEALTHCHECK") ?? "");
  const health = execForm(healthcheck?.[2] ?? "");
  const asks = health?.join(" ") ?? "";
  const originOf = (what: string) => {
    const line = copied.find((each) => each.includes(what));
    return stages.find(({ name }) => line?.includes(`--from=${name} `));
  };
  const runsIn = (stage: (typeof stages)[number] | undefined) =>
    (stage?.instructions ?? []).filter(({ name }) => name === "RUN").map((each) => each.value);
  const install = runsIn(originOf("node_modules")).find((run) => /npm ci [^&]*--omit=dev/.test(run));
  const [uid, gid] = (value("USER") ?? "").split(":");

  const rules: [instruction: string, rule: string, holds: boolean][] = [
    [
      "FROM",
      "stands on one patch version of node 24 slim",
      bases.every(({ image }) => BASE.test(image)) && new Set(bases.map(({ image }) => image)).size === 1,
    ],
    [
      "FROM",
      "builds on the machine's own platform, so that another needs no emulation",
      last.platform === null &&
        bases.every(
          (stage) => stage === last || /^\$(BUILDPLATFORM|\{BUILDPLATFORM\})$/.test(stage.platform ?? ""),
        ),
    ],
    ["RUN", "installs what the lock file says", !/npm (install|i)\b/.test(text)],
    ["COPY", "takes node_modules from a stage without devDependencies", install !== undefined],
    ["RUN", "runs nothing in the final image", runsIn(last).length === 0],
    ["ADD", "fetches nothing but by npm", !copied.some((each) => /^(--\S+ )*(https?:|git@)/.test(each))],
    [
      "ENV",
      "has no secret in it",
      !CREDENTIALS.some((name) => new RegExp(`^\\s*(ENV|ARG) .*\\b${name}\\b`, "im").test(text)) &&
        ![...text.matchAll(/^\s*(?:ENV|ARG)\s+(.*)$/gim)].some(([, given]) =>
          given!.split(/[\s=]+/).some((name) => OF_A_SECRET.test(name)),
        ),
    ],
    ["COPY", "copies only what it names", copied.every((each) => each.split(" ").at(-2) !== ".")],
    ["USER", "runs as a fixed user by number, not root", /^[1-9]\d*:[1-9]\d*$/.test(value("USER") ?? "")],
    [
      "COPY",
      "gives /data to that user",
      copied.some((each) => each.includes(`--chown=${uid}:${gid} /volume/ /`)) &&
        runsIn(originOf("/volume/ /")).some((run) => run.includes("--mode=0700 /volume/data")),
    ],
    ["VOLUME", "keeps data in /data", env.DATA_DIR === "/data" && volumes(value("VOLUME")) === "/data"],
    [
      "EXPOSE",
      "exposes the port that it listens on",
      env.PORT !== undefined && env.PORT === value("EXPOSE")?.replace(/\/tcp$/, ""),
    ],
    ["ENV", "listens on all interfaces", env.HOST === undefined],
    ["ENV", "runs in production", env.NODE_ENV === "production"],
    [
      "CMD",
      BY_START_SH,
      value("ENTRYPOINT") === undefined &&
        command?.slice(0, 3).join(" ") === "/bin/sh app/start.sh node" &&
        copied.includes("app/start.sh ./app/"),
    ],
    [
      "ENV",
      "sets nothing that start.sh sets",
      !/NODE_OPTIONS|UV_THREADPOOL_SIZE|MALLOC_/.test(JSON.stringify(env)),
    ],
    [
      "CMD",
      "serves the build",
      command?.[3]?.endsWith("/cli.js") === true && command[4] === "build/index.js",
    ],
    [
      "HEALTHCHECK",
      "tells whether it is healthy, without a shell",
      health?.[0] === "node" && health.join().includes("/healthz"),
    ],
    [
      "HEALTHCHECK",
      "asks the port that it listens on, and fails without a good answer",
      /PORT\) \|\| \d+|:\d+(?=\/healthz)/.exec(asks)?.[0].endsWith(String(env.PORT)) === true &&
        /\br\.ok\b/.test(asks),
    ],
    [
      "HEALTHCHECK",
      "is patient: a process that stalls for a moment is not killed",
      !/--retries=1\b/.test(healthcheck?.[1] ?? ""),
    ],
    [
      "HEALTHCHECK",
      "finds out soon that it is healthy",
      /--interval=[1-5]s .*--start-period=/.test(healthcheck?.[1] ?? ""),
    ],
    [
      "HEALTHCHECK",
      "has half a minute to start: compose gives up an app that is unhealthy",
      Number(/--start-period=(\d+)s\b/.exec(healthcheck?.[1] ?? "")?.[1]) >= LEAST_START_S,
    ],
    ["COPY", "lists its packages", copied.some((each) => each.includes("sbom.cdx.json"))],
    ["STOPSIGNAL", "is stopped by SIGTERM", /^(SIGTERM|15)$/.test(value("STOPSIGNAL") ?? "SIGTERM")],
    ["FROM", "builds with BuildKit and with buildah 1.28", !/<<|--link|--parents|--exclude/.test(text)],
  ];
  return [
    ...rules.filter(([, , holds]) => !holds).map(([instruction, rule]) => ({ instruction, rule })),
    ...stageRules(stages, env),
  ];
}
