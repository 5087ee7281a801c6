import { readModelList, type ListedModel } from "./listed-models";
import type { ModelConfig } from "~/model/offers/model-config";

/** Longest time for a list, in milliseconds. The start of the server and a page without any model wait for it. */
const TIMEOUT_MS = 3_000;

/**
 * Lists the models of an OpenAI-compatible server (`GET /v1/models`).
 * @throws the error of the connection, or an Error where the response is no list
 */
export async function listModels({
  openaiCompatibleBaseUrl,
  openaiCompatibleApiKey: key,
}: Pick<ModelConfig, "openaiCompatibleBaseUrl" | "openaiCompatibleApiKey">): Promise<ListedModel[]> {
  const response = await fetch(`${openaiCompatibleBaseUrl ?? ""}/models`, {
    headers: { "User-Agent": "holdfast", ...(key !== null && { Authorization: `Bearer ${key}` }) },
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (!response.ok) {
    await response.body?.cancel();
    throw new Error(`The model server answered with the status ${String(response.status)}.`);
  }
  const models = readModelList(await response.json());
  if (!models) throw new Error("The model server did not answer with a list of models.");
  return models;
}
