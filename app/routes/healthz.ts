import { api } from "~/api.server";

/** The process lives. No file is touched: a volume that hangs must not get the process killed. */
const handle = api(
  { GET: () => new Response("ok\n", { headers: { "Cache-Control": "no-store" } }) },
  { forEverybody: true },
);

export const loader = handle;
export const action = handle;
