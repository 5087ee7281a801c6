import { describe, expect, it } from "vitest";
import { ConfigError, parseConfig } from "./config.server";

describe("metrics", () => {
  it("are off unless they are wanted", () => {
    expect(parseConfig({}).metrics.format).toBe("none");
    expect(parseConfig({ METRICS: "emf" }).metrics.format).toBe("emf");
    expect(() => parseConfig({ METRICS: "EMF" })).toThrow(new ConfigError("METRICS must be none or emf."));
  });

  it("are told apart by what Copilot says of the container", () => {
    expect(
      parseConfig({
        COPILOT_APPLICATION_NAME: "holdfast",
        COPILOT_ENVIRONMENT_NAME: "prod",
        COPILOT_SERVICE_NAME: "chat",
      }).metrics.dimensions,
    ).toEqual({ Application: "holdfast", Environment: "prod", Service: "chat" });
  });

  it("are told apart by the app's own name elsewhere", () => {
    expect(parseConfig({}).metrics.dimensions).toEqual({ Service: "holdfast" });
  });
});
