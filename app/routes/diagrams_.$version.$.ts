import type { LoaderFunctionArgs } from "@remix-run/node";
import { api } from "~/api.server";
import { services } from "~/services.server";

/** Mermaid's modules, for the frame alone. */
export function loader({ request, params }: LoaderFunctionArgs) {
  return api({ GET: () => services.diagrams.read(params.version ?? "", params["*"] ?? "") })({ request });
}

export const action = api({});
