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
    delay: never,
    ...probe,
  });
}

describe("the provider is bedrock", () => {
  test.each([
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "ECS_CONTAINER_METADATA_URI_V4",
    "AWS_BEARER_TOKEN_BEDROCK",
  ])("where %s is set, without calling the credential chain", async (name) => {
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

describe("the provider is demo", () => {
  test("without any sign of AWS, and the credential chain is not called", async () => {
    let asked = false;
    const credentials = () => {
      asked = true;
      return found();
    };
    expect(await choose({ credentials })).toBe("demo");
    expect(asked).toBe(false);
  });

  test("when the credential chain hangs, after a bounded wait", async () => {
    expect(
      await choose({ env: { AWS_PROFILE: "x" }, credentials: never, delay: () => Promise.resolve() }),
    ).toBe("demo");
  });

  test("where the credentials that are set up do not work, and the error is reported", async () => {
    const unresolved = vi.fn();
    await choose({ env: { AWS_PROFILE: "x" }, credentials: missing, onUnresolved: unresolved });
    expect(unresolved).toHaveBeenCalledExactlyOnceWith(new Error("none"));
    await choose({ credentials: missing, onUnresolved: unresolved });
    expect(unresolved).toHaveBeenCalledOnce();
  });
});
