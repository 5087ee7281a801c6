import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { ignoreProblems } from "./deploy/rules/build-rules";
import { checkDeployment } from "./deploy/check-deployment";
import { dockerfileProblems } from "./deploy/rules/dockerfile-rules";
import { readFiles } from "./deploy/read-files";
import { parseDockerfile } from "./fixtures/dockerfile";

const dockerfile = readFileSync(new URL("../Dockerfile", import.meta.url), "utf8");
const dockerignore = readFileSync(new URL("../.dockerignore", import.meta.url), "utf8");

/** What the image's build may see. Whatever else lies in the folder (data, secrets, history) stays out. */
const sources = ["app", "public", "package.json", "package-lock.json", "remix.config.js", "tsconfig.json"];

const ON_NODE = "stands on one patch version of node 24 slim";
const NO_EMULATION = "builds on the machine's own platform, so that another needs no emulation";
const BY_START_SH =
  "starts node by way of start.sh, so that SIGTERM reaches the server and settings of its user are kept";
const LOADED =
  "has all that the server and its tools load: node_modules, package.json, app/start.sh, public, build/index.js, " +
  "build/check-volume.js, build/verify-restore.js, build/print-usage.js, build/mermaid";
const IN_APP = "runs in /app, where its command finds its files";

test("the Dockerfile keeps every rule", () => {
  expect(dockerfileProblems(dockerfile)).toEqual([]);
});

test.each([
  [ON_NODE, /node:24\.[\d.]+-slim/g, "node:18.20.8-slim"],
  [ON_NODE, /node:24\.[\d.]+-slim/g, "node:24-slim"],
  [ON_NODE, /node:24\.[\d.]+-slim/g, "node:latest"],
  [ON_NODE, /\nFROM node:24\.[\d.]+-slim/, "\nFROM node:24.0.0-slim"],
  [NO_EMULATION, "--platform=$BUILDPLATFORM ", ""],
  [NO_EMULATION, /\nFROM node/, "\nFROM --platform=linux/arm64 node"],
  ["installs what the lock file says", "npm ci --no-audit", "npm install --no-audit"],
  ["takes node_modules from a stage without devDependencies", "--omit=dev", ""],
  ["takes node_modules from a stage without devDependencies", "--from=dependencies", "--from=build"],
  ["runs nothing in the final image", "\nUSER", "\nRUN npm run build\nUSER"],
  ["runs nothing in the final image", "\nUSER", "\nRUN chown 1000 /data\nUSER"],
  ["lists its packages", / ?COPY .*sbom.*\n/, ""],
  ["is stopped by SIGTERM", "\nUSER", "\nSTOPSIGNAL SIGKILL\nUSER"],
  ["copies only what it names", "COPY package.json ./", "COPY . ."],
  ["runs as a fixed user by number, not root", "USER 1000:1000", ""],
  ["runs as a fixed user by number, not root", "USER 1000:1000", "USER node"],
  ["runs as a fixed user by number, not root", "USER 1000:1000", "USER 0:0"],
  ["runs as a fixed user by number, not root", "USER 1000:1000", "USER 1000:1000\nUSER root"],
  ["gives /data to that user", "--chown=1000", "--chown=0"],
  ["gives /data to that user", "--mode=0700 /volume/data", "/volume"],
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
  [
    "has half a minute to start: compose gives up an app that is unhealthy",
    /--start-period=\d+s/,
    "--start-period=5s",
  ],
  ["finds out soon that it is healthy", "--interval=5s", "--interval=30s"],
  ["builds with BuildKit and with buildah 1.28", "COPY --from=build", "COPY --link --from=build"],
  ["has no instruction that Docker does not know", "EXPOSE 3000", "EXPOSE 3000\nEXPOS 3000"],
  ["copies from stages that it has", "--from=dependencies /app/sbom", "--from=dependency /app/sbom"],
  [LOADED, /COPY --from=build \/app\/public.*\n/, ""],
  [LOADED, "/app/build/index.js /app", "/app"],
  [LOADED, /COPY --from=build \/app\/build\/mermaid.*\n/, ""],
  [IN_APP, /(\nFROM node.*\nWORKDIR) \/app/, "$1 /srv"],
  [IN_APP, /(\nFROM node.*)\nWORKDIR \/app/, "$1"],
  ["copies the build from a stage that runs npm run build", "RUN npm run build\n", ""],
  [
    "builds with devDependencies, which NODE_ENV=production leaves out",
    "FROM base AS build\n",
    "FROM base AS build\nENV NODE_ENV=production\n",
  ],
  ["has the lock file where npm ci reads it", "COPY package.json package-lock.json", "COPY package.json"],
  ["sets variables as the app reads them, by name and value", "PORT=3000", "PORT=3000 TRUSTED_HOPS=many"],
  ["sets variables as the app reads them, by name and value", "PORT=3000", "PORT=3000 DRAIN_SECOND=20"],
  ["has no secret in it", "PORT=3000", "PORT=3000 AWS_SECRET_ACCESS_KEY=abc"],
])("notices a Dockerfile that no longer %s", (rule, from, to) => {
  const mutated = dockerfile.replace(from, to);
  expect(mutated).not.toBe(dockerfile);
  expect(dockerfileProblems(mutated).map((each) => each.rule)).toContain(rule);
});

test.each([
  ["Windows' line ends", /\n/g, "\r\n"],
  ["COPY with a list", "COPY app/start.sh ./app/", 'COPY ["app/start.sh", "./app/"]'],
  ["a signal by number", "EXPOSE 3000", "STOPSIGNAL 15\nEXPOSE 3000"],
  ["variables of other programs", "PORT=3000", "PORT=3000 TZ=Europe/Berlin"],
])("takes a Dockerfile with %s", (_, from, to) => {
  expect(dockerfileProblems(dockerfile.replace(from, to))).toEqual([]);
});

test("a Dockerfile that cannot be read is a problem, not a stack trace", () => {
  const told = checkDeployment({ ...readFiles(), Dockerfile: "# nothing\n" });
  expect(told).toContain("Dockerfile: (file): cannot be read: no FROM");
});

test.each([
  ["nothing is left out", () => undefined, "(file): is missing"],
  ["a source is left out", (text: string) => `${text}\napp\n`, "app/start.sh: is left out"],
  ["all of a kind is left out", (text: string) => `${text}\n**/*.json\n`, "package-lock.json: is left out"],
  ["settings get in", (text: string) => `${text}\n!.env\n`, ".env: gets into the build's cache"],
  ["everything gets in", () => "node_modules\n", "data: gets into the build's cache"],
])("tells when %s", (_, change, expected) => {
  const told: string[] = [];
  ignoreProblems(change(dockerignore), parseDockerfile(dockerfile), (key, what) =>
    told.push(`${key}: ${what}`),
  );
  expect(told.join("\n")).toContain(expected);
});

test("the build sees the sources and nothing else", () => {
  const lines = dockerignore.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  // First of all nothing; what is not allowed again (.git, .env, data, node_modules) stays out.
  expect(lines[0]).toBe("*");
  const allowed = lines.filter((line) => line.startsWith("!")).map((line) => line.slice(1));
  expect(allowed.toSorted()).toEqual(sources.toSorted());
});
