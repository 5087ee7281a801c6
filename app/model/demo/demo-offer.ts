import type { ModelOffer } from "~/conversation/language-model";

/** The embedded model. Its answers are computed, so it can continue them from any place. */
export const DEMO_OFFER = {
  id: "demo/demo",
  name: "Demo model",
  continuation: "prefill",
  accepts: ["image", "document"],
  takesTemperature: false,
} as const satisfies Omit<ModelOffer, "maxOutputTokens">;
