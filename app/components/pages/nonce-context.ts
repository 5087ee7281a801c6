import { createContext } from "react";

/** The nonce that allows the inline scripts of this response. Empty in the browser, which hides it from scripts. */
export const NonceContext = createContext<string | undefined>(undefined);
