import { api } from "~/api.server";

/** The process lives. No file is touched: a volume that hangs must not get the process killed. */
const live = () => new Response("ok\n", { headers: { "Cache-Control": "no-store" } });

// HAProxy asks with OPTIONS where it is not told otherwise.
const handle = api({ GET: live, OPTIONS: live }, { forEverybody: true, fromAnySite: true });

export const loader = handle;
export const action = handle;
