import { createContext } from "react";

/** The texts of the conversation around a block, in which its earlier and later versions are. */
export const ArtifactTextsContext = createContext<() => readonly string[]>(() => []);
