import { createContext } from "react";

/** What lets the inline scripts of this response run. Empty in the browser, which keeps it to itself. */
export const NonceContext = createContext<string | undefined>(undefined);
