import { createHash } from "node:crypto";
import { z } from "zod";
import { ConfigError, type Config } from "./config.server";
import { readConfiguredFile, readConfiguredText } from "./configured-file.server";
import type { BrandView } from "./conversation/brand";
import { operatorPresets, type OperatorPreset } from "./conversation/preset";

/** How the service looks to people, by configuration. */
export type Brand = Omit<BrandView, "logo"> & {
  logo: Logo | null;
  presets: readonly OperatorPreset[];
};

type Logo = { bytes: Buffer<ArrayBuffer>; mediaType: string; hash: string };

/** Larger logos would delay the page. */
const MAX_LOGO_BYTES = 200_000;

const LOGO_TYPES: Readonly<Record<string, string>> = {
  svg: "image/svg+xml",
  png: "image/png",
  webp: "image/webp",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
};

/**
 * Reads the files that the configuration names, at start.
 * @throws ConfigError naming the variable, and the place in its file
 */
export function readBrand({ brand: { presetsFile, logo, ...brand } }: Pick<Config, "brand">): Brand {
  return {
    ...brand,
    logo: logo === null ? null : readLogo(logo),
    presets: presetsFile === null ? [] : readPresets(presetsFile),
  };
}

function readPresets(path: string): OperatorPreset[] {
  const text = readConfiguredText("PRESETS", path);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new ConfigError(`PRESETS: ${path} is not JSON: ${(error as Error).message}.`);
  }
  const parsed = operatorPresets.safeParse(json);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map(
    ({ path: place, message }) => `PRESETS${z.core.toDotPath(place)}: ${message}.`,
  );
  throw new ConfigError(issues.join("\n"));
}

function readLogo(value: string): Logo {
  const dataUrl = /^data:(image\/[a-z+]+);base64,([A-Za-z0-9+/=\s]+)$/.exec(value);
  const mediaType = dataUrl?.[1] ?? LOGO_TYPES[/\.(\w+)$/.exec(value)?.[1]?.toLowerCase() ?? ""];
  if (mediaType === undefined || !Object.values(LOGO_TYPES).includes(mediaType)) {
    throw new ConfigError(
      "SERVICE_LOGO must be the path or the base64 data URL of an SVG, PNG, WebP or JPEG file.",
    );
  }
  const bytes = dataUrl ? Buffer.from(dataUrl[2]!, "base64") : readConfiguredFile("SERVICE_LOGO", value);
  if (bytes.byteLength > MAX_LOGO_BYTES) {
    throw new ConfigError(`SERVICE_LOGO must not be larger than ${String(MAX_LOGO_BYTES / 1000)} KB.`);
  }
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 16);
  return { bytes: Buffer.from(bytes), mediaType, hash };
}

/** The parts that every page is sent. Presets need the access code. */
export function brandView({ name, logo, welcome, prompts }: Brand): BrandView {
  return { name, welcome, prompts, logo: logo && `/logo?${logo.hash}` };
}
