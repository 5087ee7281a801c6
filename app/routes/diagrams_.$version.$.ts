import type { LoaderFunctionArgs } from "@remix-run/node";
import { api } from "~/api.server";
import { services } from "~/services.server";

/** Mermaid's modules, for the frame alone. */
export function loader({ request, params }: LoaderFunctionArgs) {
  const GET = () => services.diagrams.read(params.version ?? "", params["*"] ?? "");
  return api({ GET }, { forEverybody: true })({ request });
}

export const action = api({}, { forEverybody: true });
