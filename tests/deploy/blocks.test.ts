import { describe, expect, test } from "vitest";
import { checkDeployment } from "./check-deployment.ts";
import { ENVIRONMENT_PATCHES, MANIFEST, type Files } from "./problem.ts";
import { readFiles } from "./read-files.ts";

const files = readFiles();
const TEST = "copilot/environments/test/manifest.yml";
const PROD = "copilot/environments/prod/manifest.yml";

/** The files with one commented block, `# == name… ==` to `# == end ==`, switched on by uncommenting its lines. */
function withBlock(given: Files, file: string, name: string): Files {
  const block = new RegExp(`# == ${name}[^\\n]* ==\\n([^]*?)# == end ==`);
  const [, commented] = block.exec(given[file]!) ?? [];
  if (commented === undefined) throw new Error(`${file} has no block “${name}”`);
  return { ...given, [file]: given[file]!.replace(block, () => commented.replaceAll(/^# ?/gm, "")) };
}

describe("is fit with", () => {
  test.each([
    [TEST, "your own VPC"],
    [PROD, "your own VPC"],
    [MANIFEST, "access code"],
  ])("the block of %s: %s", (file, name) => {
    expect(checkDeployment(withBlock(files, file, name))).toEqual([]);
  });

  test.each([
    ["test", TEST],
    ["prod", PROD],
  ])("CloudFront in %s, switched on in both places", (name, file) => {
    expect(checkDeployment(withCloudFront(files, name, file))).toEqual([]);
    expect(checkDeployment(withBlock(files, file, "CloudFront")).join("\n")).toContain(
      "variables.TRUSTED_HOPS: must be 2 with CloudFront",
    );
  });

  test("a domain for every environment", () => {
    expect(checkDeployment(withDomain(files))).toEqual([]);
  });

  test("a domain and CloudFront, once the patches for both are switched on", () => {
    const both = withCloudFront(withCloudFront(withDomain(files), "test", TEST), "prod", PROD);
    expect(checkDeployment(both).join("\n")).toContain(
      "Resources.CertificateReplicatorFunction.Properties.Runtime: must be patched to nodejs24.x",
    );
    const patched = withBlock(both, ENVIRONMENT_PATCHES, "CloudFront and a domain");
    expect(checkDeployment(patched)).toEqual([]);
  });

  test("a file system of one's own", () => {
    const own = /uid: 1000\n {8}gid: 1000/;
    const text = files[MANIFEST]!.replace(
      own,
      "id: fs-0123456789abcdef0\n        auth:\n          iam: true\n          access_point_id: fsap-0123456789abcdef0",
    );
    expect(text).not.toBe(files[MANIFEST]);
    expect(checkDeployment({ ...files, [MANIFEST]: text })).toEqual([]);
  });

  test("another list of models that the tasks may call", () => {
    const models = "MODELS: bedrock/eu.amazon.nova-lite-v1:0,bedrock/eu.anthropic.claude-haiku-5-5";
    const text = files[MANIFEST]!.replace("variables:", `variables:\n  ${models}`);
    expect(checkDeployment({ ...files, [MANIFEST]: text })).toEqual([]);
  });

  test("neither dashboard nor alarms", () => {
    const {
      "copilot/chat/addons/observability.yml": _,
      "copilot/chat/addons/addons.parameters.yml": __,
      ...others
    } = files;
    expect(checkDeployment(others)).toEqual([]);
  });
});

function withCloudFront(given: Files, name: string, file: string): Files {
  return withBlock(withBlock(given, file, "CloudFront"), MANIFEST, `CloudFront in ${name}`);
}

function withDomain(given: Files): Files {
  const alias =
    'path: "/"\n  alias: chat-${COPILOT_ENVIRONMENT_NAME}.example.com\n  redirect_to_https: false';
  return { ...given, [MANIFEST]: given[MANIFEST]!.replace('path: "/"', alias) };
}
