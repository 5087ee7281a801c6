import type { ModelsView, ModelView } from "~/conversation/api";
import type { ApiClient } from "./api-client";
import type { KeptValues } from "./kept-values";
import { createObservable, type Observable } from "./observable";

const KEY = "holdfast.model";
const TRY_AGAIN_MS = 5_000;

export type ModelChoice = {
  /** Empty until they are known. */
  models: readonly ModelView[];
  defaultModelId: string | null;
  notice: string | null;
  /** The model picked last in this browser: new conversations begin with it. */
  preferredId: string | null;
};

export type ModelChoices = Observable<ModelChoice> & {
  load: () => Promise<void>;
  prefer: (modelId: string) => void;
};

export function createModelChoices(api: Pick<ApiClient, "models">, values: KeptValues): ModelChoices {
  const state = createObservable<ModelChoice>({
    models: [],
    defaultModelId: null,
    notice: null,
    preferredId: values.get(KEY),
  });
  return {
    getSnapshot: state.getSnapshot,
    subscribe: state.subscribe,
    async load() {
      for (;;) {
        try {
          const { models, defaultModelId, notice }: ModelsView = await api.models();
          return state.set({ ...state.getSnapshot(), models, defaultModelId, notice });
        } catch {
          // Chatting works without the list, with the server's choice of model, so nobody is bothered.
          await new Promise((resolve) => setTimeout(resolve, TRY_AGAIN_MS));
        }
      }
    },
    prefer(modelId) {
      values.set(KEY, modelId);
      state.set({ ...state.getSnapshot(), preferredId: modelId });
    },
  };
}

/** The first of the wishes that is on offer, else the default; null while the offers are not known. */
export function modelFor(
  { models, defaultModelId, preferredId }: ModelChoice,
  wishes: readonly (string | null | undefined)[],
): string | null {
  const isOffered = (id: string | null | undefined): id is string => models.some((model) => model.id === id);
  return [...wishes, preferredId].find(isOffered) ?? defaultModelId;
}
