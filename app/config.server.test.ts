import { describe, expect, it, test } from "vitest";
import { ConfigError, defaultNodeName, misspeltVariables, parseConfig } from "./config.server";

describe("access codes", () => {
  it("are none, one or several", () => {
    expect(parseConfig({}).access).toEqual({ codes: [], days: 30 });
    expect(parseConfig({ ACCESS_CODE: " one-long-code ,, another one " }).access.codes).toEqual([
      "one-long-code",
      "another one",
    ]);
  });

  it("that are easily guessed are refused, without quoting them", () => {
    expect(() => parseConfig({ ACCESS_CODE: "one-long-code,short" })).toThrow(
      new ConfigError("ACCESS_CODE must have 8 to 200 characters in each code."),
    );
  });
});

describe("a server is private by its HOST", () => {
  it.each([
    [{}, false],
    [{ HOST: "0.0.0.0" }, false],
    [{ HOST: "127.0.0.1" }, true],
    [{ HOST: "localhost" }, true],
    [{ HOST: "::1" }, true],
    [{ HOST: "0:0:0:0:0:0:0:1" }, true],
    [{ HOST: "LOCALHOST" }, true],
    [{ HOST: "127.9.8.7" }, true],
    [{ HOST: "::" }, false],
    [{ HOST: "::ffff:10.0.0.1" }, false],
    [{ HOST: "127.0.0.1.example.com" }, false],
    [{ NODE_ENV: "development" }, false],
  ])("with %o: %s", (env, isPrivate) => {
    expect(parseConfig(env).isPrivate).toBe(isPrivate);
  });
});

it.each([
  ["HOST", "127.0.0.1:80", "HOST must be an address"],
  ["HOST", "300.1.1.1", "HOST must be an address"],
  ["HOST", "[::1]", "HOST must be an address"],
  ["HOST", "http://localhost", "HOST must be an address"],
  ["HOST", "*", "HOST must be an address"],
  ["DATA_DIR", "~/data", "DATA_DIR has a ~ or $"],
  ["DATA_DIR", "~", "DATA_DIR has a ~ or $"],
  ["DATA_DIR", "$HOME/data", "DATA_DIR has a ~ or $"],
  ["DATA_DIR", "/srv/${NAME}", "DATA_DIR has a ~ or $"],
])("%s is not %s", (name, value, problem) => {
  expect(() => parseConfig({ [name]: value })).toThrow(problem);
});

it.each(["fe80::1%eth0", "::ffff:10.0.0.1", "0.0.0.0", "chat-1.internal", "my_host"])(
  "HOST may be %s",
  (host) => {
    expect(() => parseConfig({ HOST: host })).not.toThrow();
  },
);

it.each(["./~data", "/srv/a$1", "/srv/a~"])("DATA_DIR may be %s", (dataDir) => {
  expect(parseConfig({ DATA_DIR: dataDir }).dataDir).toBe(dataDir);
});

describe("the hosts that a server answers to", () => {
  it("are none, one or several names, in one form", () => {
    expect(parseConfig({}).allowedHosts).toEqual([]);
    expect(parseConfig({ ALLOWED_HOSTS: " Chat.Example. ,, *.lan,10.0.0.7" }).allowedHosts).toEqual([
      "chat.example",
      "*.lan",
      "10.0.0.7",
    ]);
  });

  it.each([
    "chat.example:443",
    "https://chat.example",
    "a b",
    "*",
    "chat.*",
    "a/b",
    "x@y",
    "**.lan",
    "*.*.lan",
  ])("are refused where they are no names: %s", (hosts) => {
    expect(() => parseConfig({ ALLOWED_HOSTS: hosts })).toThrow(/^ALLOWED_HOSTS must be host names/);
  });
});

test("the shutdown delay must not exceed the drain time", () => {
  expect(parseConfig({ SHUTDOWN_DELAY_SECONDS: "20", DRAIN_SECONDS: "20" }).shutdownDelaySeconds).toBe(20);
  expect(() => parseConfig({ SHUTDOWN_DELAY_SECONDS: "21", DRAIN_SECONDS: "20" })).toThrow(
    "SHUTDOWN_DELAY_SECONDS must be at most DRAIN_SECONDS",
  );
});

test("a variable whose name is nearly a known one is reported as misspelt", () => {
  expect(
    misspeltVariables({
      ACCES_CODE: "x",
      TRUSTED_HOP: "1",
      LIMIT_ADRESS_REPLIES: "3",
      ACCESS_CODE: "one-long-code",
      HOSTNAME: "x",
      PATH: "/bin",
      PWD: "/",
    }),
  ).toEqual([
    { variable: "ACCES_CODE", meant: "ACCESS_CODE" },
    { variable: "TRUSTED_HOP", meant: "TRUSTED_HOPS" },
    { variable: "LIMIT_ADRESS_REPLIES", meant: "LIMIT_ADDRESS_REPLIES" },
  ]);
});

describe("metrics", () => {
  it("are off by default", () => {
    expect(parseConfig({}).metrics.format).toBe("none");
    expect(parseConfig({ METRICS: "emf" }).metrics.format).toBe("emf");
    expect(() => parseConfig({ METRICS: "EMF" })).toThrow(new ConfigError("METRICS must be none or emf."));
  });

  it("have the dimensions that Copilot sets in the container", () => {
    expect(
      parseConfig({
        COPILOT_APPLICATION_NAME: "holdfast",
        COPILOT_ENVIRONMENT_NAME: "prod",
        COPILOT_SERVICE_NAME: "chat",
      }).metrics.dimensions,
    ).toEqual({ Application: "holdfast", Environment: "prod", Service: "chat" });
  });

  it("have the app's own name as dimension elsewhere", () => {
    expect(parseConfig({}).metrics.dimensions).toEqual({ Service: "holdfast" });
  });
});

test("stored files are encrypted only where that is configured", () => {
  expect(parseConfig({}).encryptAtRest).toBe(false);
  expect(parseConfig({}).showsNodes).toBe(false);
  expect(parseConfig({ NODE_ENV: "development" }).showsNodes).toBe(true);
  expect(parseConfig({ SHOW_NODES: "on" }).showsNodes).toBe(true);
  expect(parseConfig({ NODE_ENV: "development", SHOW_NODES: "off" }).showsNodes).toBe(false);
  expect(parseConfig({ ENCRYPT_AT_REST: "off" }).encryptAtRest).toBe(false);
  expect(parseConfig({ ENCRYPT_AT_REST: "on" }).encryptAtRest).toBe(true);
  for (const value of ["ON", "true", "1"]) {
    expect(() => parseConfig({ ENCRYPT_AT_REST: value })).toThrow(
      new ConfigError("ENCRYPT_AT_REST must be on or off."),
    );
  }
});

test("default names of nodes differ between hosts, and are the same after a restart", () => {
  const pod = "holdfast-with-a-very-long-name-of-its-deployment-7d9f8c6b5d-";
  const names = [`${pod}abcde`, `${pod}fghij`].map((host) => defaultNodeName(host, 65_535));
  expect(new Set(names).size).toBe(2);
  expect(names.map((NODE_NAME) => parseConfig({ NODE_NAME }).nodeName)).toEqual(names);
  expect(defaultNodeName(`${pod}abcde`, 65_535)).toBe(names[0]);
  expect(defaultNodeName("ip-10-0-1-2.ec2.internal", 3_000)).toBe("ip-10-0-1-2-ec2-internal-3000");
  expect(defaultNodeName("", 3_000)).toBe("node-3000");
});
