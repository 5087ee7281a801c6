import type { OperatorPreset } from "~/conversation/preset";
import type { AccessBody, HandoffAccepted, HandoffBody, ToolsView } from "~/conversation/api";
import type { ShareSnapshot } from "~/conversation/files/share";
import { createHttpClient, type HttpClient, type HttpClientDependencies } from "./http-client";
import { createSessionApi, ignoreBody, type SessionApi, type TransferApi } from "./session-api";
import type { UploadRequest } from "./sending/upload-request";

/** The HTTP contract of the server. All functions reject with an ApiError. */
export type ApiClient = {
  /** Requests of parts whose contract is not loaded with the page. */
  http: HttpClient;
  session: (id: string) => SessionApi & TransferApi;
  /** The snapshot behind a link. The id of the link, like that of a session, travels in a header. */
  readShare: (shareId: string) => Promise<ShareSnapshot>;
  /** Leaves a box for another device (seal.ts). */
  putHandoff: (handoffId: string, sealed: string) => Promise<HandoffAccepted>;
  /** Takes the box, which works only once. */
  claimHandoff: (handoffId: string) => Promise<HandoffBody>;
  /** Sends the access code; the browser keeps the cookie of the answer. */
  enterCode: (body: AccessBody) => Promise<void>;
  /** The presets of the operator. */
  presets: () => Promise<OperatorPreset[]>;
  /** The servers of tools, as they are now. */
  tools: () => Promise<ToolsView>;
  /** Removes that cookie. */
  logOut: () => Promise<void>;
};

type Dependencies = HttpClientDependencies & { upload: UploadRequest };

export function createApiClient({ upload, ...dependencies }: Dependencies): ApiClient {
  const http = createHttpClient(dependencies);
  const { clock } = dependencies;
  return {
    http,
    session: (id) => createSessionApi({ http, upload, clock }, id),
    readShare: (shareId) =>
      http.ask("/api/share", { headers: { "X-Share-Id": shareId } }, (response) =>
        http.readJson<ShareSnapshot>(response),
      ),
    putHandoff: (handoffId, sealed) =>
      http.ask(
        "/api/handoffs",
        { method: "POST", headers: { "X-Handoff-Id": handoffId }, body: { sealed } },
        (response) => http.readJson<HandoffAccepted>(response),
      ),
    claimHandoff: (handoffId) =>
      http.ask(
        "/api/handoffs/claim",
        { method: "POST", headers: { "X-Handoff-Id": handoffId } },
        (response) => http.readJson<HandoffBody>(response),
      ),
    enterCode: (body) => http.ask("/api/access", { method: "POST", body }, ignoreBody),
    presets: () => http.ask("/api/presets", {}, (response) => http.readJson<OperatorPreset[]>(response)),
    tools: () => http.ask("/api/tools", {}, (response) => http.readJson<ToolsView>(response)),
    logOut: () => http.ask("/api/access", { method: "DELETE" }, ignoreBody),
  };
}
