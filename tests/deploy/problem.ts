/** One error as one line: the file, the key in it, and the reason. */
export type Report = (file: string, key: string, message: string) => void;

/** The same within one file. */
export type Found = (key: string, message: string) => void;

/** The same for the keys below one. */
export function below(key: string, found: Found): Found {
  return (inner, message) => found(`${key}.${inner}`, message);
}

/** A key of a manifest, and what is wrong with it. */
export type Problem = { key: string; message: string };

/** The text of every file that a deployment is made of, by its path in the repository. */
export type Files = Readonly<Record<string, string>>;

export const SERVICE = "chat";
export const MANIFEST = `copilot/${SERVICE}/manifest.yml`;
export const SERVICE_PATCHES = `copilot/${SERVICE}/overrides/cfn.patches.yml`;
export const ENVIRONMENT_PATCHES = "copilot/environments/overrides/cfn.patches.yml";
export const ADDONS = `copilot/${SERVICE}/addons/`;
export const ADDON_PARAMETERS = `${ADDONS}addons.parameters.yml`;
