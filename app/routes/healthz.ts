import { api } from "~/api.server";

/** Liveness. Touches no file: a volume that hangs must not get the process killed. */
const live = () => new Response("ok\n", { headers: { "Cache-Control": "no-store" } });

// HAProxy checks with OPTIONS by default.
const handle = api({ GET: live, OPTIONS: live }, { forEverybody: true, fromAnySite: true });

export const loader = handle;
export const action = handle;
