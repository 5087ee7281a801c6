import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { environment, execForm, parseDockerfile, withBases } from "./fixtures/dockerfile";

const dockerfile = readFileSync(new URL("../Dockerfile", import.meta.url), "utf8");
const dockerignore = readFileSync(new URL("../.dockerignore", import.meta.url), "utf8");

/** What the image's build may see. Whatever else lies in the folder (data, secrets, history) stays out. */
const sources = ["app", "public", "package.json", "package-lock.json", "remix.config.js", "tsconfig.json"];

const BY_START_SH =
  "starts node by way of start.sh, so that SIGTERM reaches the server and settings of its user are kept";

/** Every way in which a Dockerfile breaks a rule of ours. */
function problemsOf(text: string): string[] {
  const stages = parseDockerfile(text);
  const final = withBases(stages, stages.at(-1)!);
  const instructions = final.flatMap((stage) => stage.instructions);
  const last = (name: string) => instructions.findLast((each) => each.name === name)?.value;
  const env = environment(instructions);
  const copied = instructions
    .filter(({ name }) => name === "COPY" || name === "ADD")
    .map(({ value }) => value);
  const runs = instructions.filter(({ name }) => name === "RUN").map(({ value }) => value);
  const command = execForm(last("CMD") ?? "");
  const healthcheck = /^(.*?)\bCMD (.*)$/.exec(last("HEALTHCHECK") ?? "");
  const health = execForm(healthcheck?.[2] ?? "");
  const modules = copied.find((value) => value.includes("node_modules"));
  const origin = stages.find(({ name }) => modules?.includes(`--from=${name} `));
  const install = origin?.instructions.find(({ value }) => value.includes("npm ci"))?.value;

  const rules: Record<string, boolean> = {
    "stands on node 24 slim": stages.every(
      ({ image }) => image === "node:24-slim" || stages.some(({ name }) => name === image),
    ),
    "installs what the lock file says": !/npm (install|i)\b/.test(text),
    "takes node_modules from a stage without devDependencies": install?.includes("--omit=dev") === true,
    "installs and builds nothing in the final image": !runs.some((run) => /npm|apt/.test(run)),
    "copies only what it names": copied.every((value) => value.split(" ").at(-2) !== "."),
    "runs as a fixed user by number, not root": /^[1-9]\d*:[1-9]\d*$/.test(last("USER") ?? ""),
    "gives /data to that user": runs.some((run) => {
      const [uid, gid] = (last("USER") ?? "").split(":");
      return run.includes(`--owner=${uid} --group=${gid}`) && run.endsWith(" /data");
    }),
    "keeps data in /data": env.DATA_DIR === "/data" && last("VOLUME") === "/data",
    "exposes the port that it listens on": env.PORT !== undefined && env.PORT === last("EXPOSE"),
    "listens on all interfaces": env.HOST === undefined,
    "runs in production": env.NODE_ENV === "production",
    [BY_START_SH]:
      command?.slice(0, 3).join(" ") === "/bin/sh app/start.sh node" &&
      copied.includes("app/start.sh ./app/"),
    "sets nothing that start.sh sets": !/NODE_OPTIONS|UV_THREADPOOL_SIZE|MALLOC_/.test(JSON.stringify(env)),
    "serves the build": command?.[3]?.endsWith("/cli.js") === true && command[4] === "build/index.js",
    "tells whether it is healthy, without a shell":
      health?.[0] === "node" && health.join().includes("/healthz"),
    "finds out soon that it is healthy": /--interval=[1-5]s .*--start-period=/.test(healthcheck?.[1] ?? ""),
    "builds with BuildKit and with buildah 1.28": !/<<|--link|--parents|--exclude/.test(text),
  };
  return Object.keys(rules).filter((rule) => !rules[rule]);
}

test("the Dockerfile keeps every rule", () => {
  expect(problemsOf(dockerfile)).toEqual([]);
});

test.each([
  ["stands on node 24 slim", "FROM node:24-slim", "FROM node:latest"],
  ["stands on node 24 slim", "FROM node:24-slim", "FROM node:24"],
  ["installs what the lock file says", "npm ci --no-audit", "npm install --no-audit"],
  ["takes node_modules from a stage without devDependencies", "--omit=dev", ""],
  ["takes node_modules from a stage without devDependencies", "--from=dependencies", "--from=build"],
  ["installs and builds nothing in the final image", "\nUSER", "\nRUN npm run build\nUSER"],
  ["installs and builds nothing in the final image", "\nUSER", "\nRUN apt-get install -y curl\nUSER"],
  ["copies only what it names", "COPY package.json ./", "COPY . ."],
  ["runs as a fixed user by number, not root", "USER 1000:1000", ""],
  ["runs as a fixed user by number, not root", "USER 1000:1000", "USER node"],
  ["runs as a fixed user by number, not root", "USER 1000:1000", "USER 0:0"],
  ["runs as a fixed user by number, not root", "USER 1000:1000", "USER 1000:1000\nUSER root"],
  ["gives /data to that user", "--owner=1000", "--owner=0"],
  ["keeps data in /data", "DATA_DIR=/data", "DATA_DIR=/app/data"],
  ["keeps data in /data", "VOLUME /data", ""],
  ["exposes the port that it listens on", "EXPOSE 3000", "EXPOSE 8080"],
  ["listens on all interfaces", "PORT=3000", "PORT=3000 HOST=127.0.0.1"],
  ["runs in production", "NODE_ENV=production", "NODE_ENV=development"],
  ["sets nothing that start.sh sets", "PORT=3000", "PORT=3000 NODE_OPTIONS=--max-semi-space-size=16"],
  ["sets nothing that start.sh sets", "PORT=3000", "PORT=3000 UV_THREADPOOL_SIZE=16"],
  [BY_START_SH, 'CMD ["/bin/sh", "app/start.sh", "node"', 'CMD ["npm", "start"'],
  [BY_START_SH, 'CMD ["/bin/sh", "app/start.sh", "node"', 'CMD ["node"'],
  [BY_START_SH, /CMD \["\/bin\/sh".*/, "CMD npm start"],
  [BY_START_SH, "COPY app/start.sh ./app/", ""],
  ["serves the build", '"build/index.js"]', '"build/server.js"]'],
  ["tells whether it is healthy, without a shell", /HEALTHCHECK[^]*?CMD .*/, ""],
  [
    "tells whether it is healthy, without a shell",
    /(HEALTHCHECK[^]*?CMD) .*/,
    "$1 curl localhost:3000/healthz",
  ],
  ["finds out soon that it is healthy", "--interval=5s", "--interval=30s"],
  ["builds with BuildKit and with buildah 1.28", "COPY --from=build", "COPY --link --from=build"],
])("notices a Dockerfile that no longer %s", (rule, from, to) => {
  const mutated = dockerfile.replace(from, to);
  expect(mutated).not.toBe(dockerfile);
  expect(problemsOf(mutated)).toContain(rule);
});

test("the build sees the sources and nothing else", () => {
  const lines = dockerignore.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  // First of all nothing; what is not allowed again (.git, .env, data, node_modules) stays out.
  expect(lines[0]).toBe("*");
  const allowed = lines.filter((line) => line.startsWith("!")).map((line) => line.slice(1));
  expect(allowed.toSorted()).toEqual(sources.toSorted());
});
