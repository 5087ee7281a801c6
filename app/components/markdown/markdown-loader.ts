import { createLazyModule } from "~/browser/page/lazy-module";

/** The Markdown renderer. Until it is loaded, texts are shown as plain text. */
export const markdownModule = createLazyModule(() => import("./markdown.client"));
