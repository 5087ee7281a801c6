import { api } from "~/api.server";
import { diagramFrame } from "~/http/diagram-frame";
import { services } from "~/services.server";

const handle = api(
  { GET: async () => diagramFrame(`/diagrams/${services.mermaidVersion}/mermaid.esm.min.mjs`) },
  { forEverybody: true, fromAnySite: true },
);

export const loader = handle;
export const action = handle;
