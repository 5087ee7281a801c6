import { createContext } from "react";
import { DEFAULT_BRAND } from "~/conversation/brand";

/** Name, logo, welcome and starter prompts of the service. */
export const BrandContext = createContext(DEFAULT_BRAND);
