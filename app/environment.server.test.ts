import { describe, expect, it, test } from "vitest";
import { CONFIG_VARIABLES, ConfigError, parseConfig } from "./config.server";
import { quotedVariables, tidyEnvironment } from "./environment.server";

const refusal = (name: string) =>
  `${name} has quotation marks around its value, which count as a part of it ` +
  "(`docker run --env-file` does not take them off): write the value without them.";

describe("quotation marks around a value are refused with the variable's name", () => {
  it.each([
    '"/data"',
    "'/data'",
    ' "/data" ',
    '"/data"\r',
    "“/data”",
    "„/data“",
    "‘/data’",
    "«/data»",
    "`/data`",
    "＂/data＂",
    "「/data」",
    '\u200b"/data"',
    '"/data',
    '/data"',
    '"/data" # where it is',
    '\\"/data\\"',
    "$'/data'",
    '\u00a0"/data"',
    '""',
    '"',
  ])("%j", (value) => {
    expect(() => parseConfig({ DATA_DIR: value })).toThrow(new ConfigError(refusal("DATA_DIR")));
  });

  it.each(CONFIG_VARIABLES)("%s, without its value", (name) => {
    const value = '"a-secret-of-somebody"';
    expect(() => parseConfig({ [name]: value })).toThrow(new ConfigError(refusal(name)));
  });

  it.each(["AWS_PROFILE", "AWS_SECRET_ACCESS_KEY", "UV_THREADPOOL_SIZE", "MALLOC_ARENA_MAX"])(
    "%s, which others read",
    (name) => {
      expect(() => parseConfig({ [name]: "'16'" })).toThrow(new ConfigError(refusal(name)));
    },
  );

  it("for all variables at once, without the errors that follow from them", () => {
    expect(() => parseConfig({ PORT: '"3000"', MODEL_PROVIDER: "'demo'", DRAIN_SECONDS: "x" })).toThrow(
      new ConfigError(`${refusal("PORT")}\n${refusal("MODEL_PROVIDER")}`),
    );
  });

  it("around one item of a list", () => {
    expect(quotedVariables({ ACCESS_CODE: 'first-long-code, "second long code"' }, CONFIG_VARIABLES)).toEqual(
      [refusal("ACCESS_CODE")],
    );
    expect(quotedVariables({ MODELS: "demo/demo,'demo/other'" }, CONFIG_VARIABLES)).toHaveLength(1);
  });
});

test("quotation marks within a value are accepted", () => {
  const env = {
    DATA_DIR: "/srv/Ada's data",
    ACCESS_CODE: "rock'n'roll for all, it's the students'",
    MODELS: '[{"id":"demo/demo","name":"\\"Demo\\""}]',
    NODE_OPTIONS: '"--import=a b"',
    OTHER: '"x"',
  };
  expect(quotedVariables(env, CONFIG_VARIABLES)).toEqual([]);
});

describe("the environment is normalised", () => {
  const home = () => "/home/ada";
  const tidied = (env: Record<string, string>, homedir = home) => {
    const copy: Record<string, string | undefined> = { ...env };
    tidyEnvironment(copy, CONFIG_VARIABLES, homedir);
    return copy;
  };

  it("by trimming spaces and line ends around values", () => {
    expect(tidied({ HOST: " 127.0.0.1\r", AWS_PROFILE: "mine\n", OTHER: " x " })).toEqual({
      HOST: "127.0.0.1",
      AWS_PROFILE: "mine",
      OTHER: " x ",
    });
  });

  it("by unsetting empty values", () => {
    expect(tidied({ HOST: "", PORT: " ", AWS_ACCESS_KEY_ID: "\t", HOME: "", OTHER: "" })).toEqual({
      OTHER: "",
    });
  });

  it("with / as home directory of a user without one", () => {
    const none = () => {
      throw new Error("ENOENT");
    };
    expect(tidied({}, none)).toEqual({ HOME: "/" });
    expect(tidied({ HOME: " /home/ada " })).toEqual({ HOME: " /home/ada " });
  });
});
