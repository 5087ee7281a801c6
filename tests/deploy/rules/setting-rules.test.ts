import { expect, test } from "vitest";
import { parseDockerfile } from "../../fixtures/dockerfile.ts";
import { readImage } from "../agreement.ts";
import { files, keys, told } from "../changes.ts";
import { MANIFEST } from "../problem.ts";
import { settingProblems, type Surroundings } from "./setting-rules.ts";

const around: Surroundings = {
  image: readImage(parseDockerfile(files.Dockerfile!)),
  mounted: ["/models"],
  memory: 1024,
  hasNeighbours: false,
  names: ["chat.example.com"],
  hosts: [],
  network: null,
  otherwise: "write another",
  secretPlace: "it elsewhere",
};

function problemsOf(settings: Record<string, string>, given: Partial<Surroundings> = {}): string[] {
  const problems: string[] = [];
  settingProblems(settings, { ...around, ...given }, (name, message) => problems.push(`${name}: ${message}`));
  return problems;
}

const tools = (server: object) =>
  JSON.stringify({ mcpServers: { search: { url: "https://x.example/", ...server } } });

test.each([
  [
    "a file that is not in the image",
    { PRESETS: "/srv/presets.json" },
    "/srv/presets.json, which is not in the image",
  ],
  ["a file beside the Dockerfile", { SERVICE_LOGO: "logo.svg" }, "/app/logo.svg, which is not in the image"],
  ["a file of tools that is not there", { MCP_CONFIG: "/mcp.json" }, "/mcp.json, which is not in the image"],
  ["tools that are no JSON", { MCP_CONFIG: "{" }, "MCP_CONFIG is not JSON"],
  ["an address of tools that is none", { MCP_CONFIG: tools({ url: "x" }) }, "MCP_CONFIG: "],
  [
    "a key of tools for all to read",
    { MCP_CONFIG: tools({ headers: { Authorization: "Bearer x" } }) },
    "credential",
  ],
  [
    "a model in another container",
    { OPENAI_COMPATIBLE_BASE_URL: "http://localhost:11434/v1" },
    "names localhost",
  ],
  ["a heap above the memory", { NODE_OPTIONS: "--max-old-space-size=1024" }, "lets the heap grow to 1024 MB"],
  ["a debugger", { NODE_OPTIONS: "--inspect=0.0.0.0" }, "opens a debugger"],
  [
    "an option that Node does not have",
    { NODE_OPTIONS: "--max-old-space=300" },
    "has --max-old-space, which",
  ],
  ["no thread", { UV_THREADPOOL_SIZE: "0" }, "must be a whole number from 1 to 1024"],
  ["threads in words", { UV_THREADPOOL_SIZE: "many" }, "must be a whole number from 1 to 1024"],
  ["a region that is none", { MODEL_PROVIDER: "bedrock", AWS_REGION: "eu-west-9" }, "eu-west-9 is no region"],
  ["another name than people use", { ALLOWED_HOSTS: "talk.example.com" }, "does not have chat.example.com"],
])("tells %s", (_, settings, expected) => {
  expect(problemsOf(settings).join("\n")).toContain(expected);
});

test.each([
  [
    "files in the image, in its volume and in others",
    { PRESETS: "/data/p.json", MCP_CONFIG: "/models/mcp.json" },
  ],
  ["a file that is copied", { SERVICE_LOGO: "public/logo.svg" }],
  ["a picture as text", { SERVICE_LOGO: "data:image/svg+xml;base64,PHN2Zy8+" }],
  ["tools without a key", { MCP_CONFIG: tools({}) }],
  ["a key that a variable has", { MCP_CONFIG: tools({ headers: { Authorization: "Bearer ${TOKEN}" } }) }],
  ["options of Node", { NODE_OPTIONS: "--max-old-space-size=700 --dns-result-order=ipv4first" }],
  ["any subdomain", { ALLOWED_HOSTS: "*.example.com" }],
])("takes %s", (_, settings) => {
  expect(problemsOf(settings)).toEqual([]);
});

test("takes a file of an image that is not built here, and a neighbour's address", () => {
  expect(problemsOf({ PRESETS: "/srv/presets.json" }, { mounted: null })).toEqual([]);
  const url = { OPENAI_COMPATIBLE_BASE_URL: "http://127.0.0.1:8000/v1" };
  expect(problemsOf(url, { hasNeighbours: true })).toEqual([]);
});

told("a setting of the tasks", [
  [
    "a file that is not in the image",
    [MANIFEST, "variables:\n", "variables:\n  PRESETS: presets.json\n"],
    "variables.PRESETS: names /app/presets.json",
  ],
  [
    "a key of a sidecar for all to read",
    keys("sidecars:\n  proxy:\n    image: x\n    variables:\n      AWS_SECRET_ACCESS_KEY: abc"),
    "sidecars.proxy.variables.AWS_SECRET_ACCESS_KEY: is a secret",
  ],
]);
