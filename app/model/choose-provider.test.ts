import { describe, expect, test, vi } from "vitest";
import { chooseProvider, type CredentialProbe } from "./choose-provider";

const never = () => new Promise<never>(() => undefined);
const found = () => Promise.resolve({ accessKeyId: "a", secretAccessKey: "b" });
const missing = () => Promise.reject(new Error("none"));

function choose(probe: Partial<CredentialProbe>) {
  return chooseProvider({
    env: {},
    homeDirectory: "/home/ada",
    fileExists: () => Promise.resolve(false),
    credentials: () => Promise.reject(new Error("the chain was asked")),
    onUnresolved: () => undefined,
    ...probe,
  });
}

describe("bedrock is chosen", () => {
  test.each([
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "ECS_CONTAINER_METADATA_URI_V4",
    "AWS_BEARER_TOKEN_BEDROCK",
  ])("where %s is set, without asking the chain", async (name) => {
    expect(await choose({ env: { [name]: "x" }, credentials: never })).toBe("bedrock");
  });

  test.each(["AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_PROFILE"])(
    "where %s is set and the chain resolves",
    async (name) => {
      expect(await choose({ env: { [name]: "x" }, credentials: found })).toBe("bedrock");
      expect(await choose({ env: { [name]: "x" }, credentials: missing })).toBe("demo");
    },
  );

  test.each([
    [{}, "/home/ada/.aws/credentials"],
    [{}, "/home/ada/.aws/config"],
    [{ AWS_CONFIG_FILE: "/etc/aws" }, "/etc/aws"],
  ])("where a shared file exists and the chain resolves (%j, %s)", async (env, file) => {
    const fileExists = (path: string) => Promise.resolve(path === file);
    expect(await choose({ env, fileExists, credentials: found })).toBe("bedrock");
  });
});

describe("demo is chosen", () => {
  test("without a trace of AWS, and the chain is not asked", async () => {
    let asked = false;
    const credentials = () => {
      asked = true;
      return found();
    };
    expect(await choose({ credentials })).toBe("demo");
    expect(asked).toBe(false);
  });

  test("when the chain hangs, after a bounded wait", async () => {
    expect(await choose({ env: { AWS_PROFILE: "x" }, credentials: never, timeoutMs: 5 })).toBe("demo");
  });

  test("where what is set up does not work, and why is told", async () => {
    const unresolved = vi.fn();
    await choose({ env: { AWS_PROFILE: "x" }, credentials: missing, onUnresolved: unresolved });
    expect(unresolved).toHaveBeenCalledExactlyOnceWith(new Error("none"));
    await choose({ credentials: missing, onUnresolved: unresolved });
    expect(unresolved).toHaveBeenCalledOnce();
  });
});
