import { lazyPart } from "~/components/primitives/lazy-part";

/** The sidebar. Its code comes after that of the composer, so that one can type before the list of conversations is there. */
export const Sidebar = lazyPart(() => import("./sidebar").then(({ Sidebar }) => Sidebar));
