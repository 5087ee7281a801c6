import type { Committed } from "~/conversation/api";
import { importBody, MAX_FILE_VALUES } from "~/conversation/files/conversation-file";
import { askerAddress } from "~/http/admission/client-address";
import { readJson, requireSessionHash } from "~/http/request-input";
import { importSession } from "~/use-cases/import-session";
import { api } from "~/api.server";
import { services } from "~/services.server";

const handle = api({
  async POST(request) {
    const sessionHash = requireSessionHash(request);
    const readFile = () => readJson(request, importBody, services.limits.maxImportBytes, MAX_FILE_VALUES);
    const { rev } = await importSession(sessionHash, askerAddress(request), readFile, services);
    const committed: Committed = { rev };
    return Response.json(committed, { status: 201, headers: { "Cache-Control": "no-store" } });
  },
});

export const loader = handle;
export const action = handle;
