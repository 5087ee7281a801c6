import { api } from "~/api.server";
import { artifactFrame } from "~/http/artifact-frame";

const handle = api({ GET: async () => artifactFrame() }, { forEverybody: true, fromAnySite: true });

export const loader = handle;
export const action = handle;
