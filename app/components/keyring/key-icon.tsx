import { icon } from "~/components/primitives/draw-icon";

export const KeyIcon = icon(
  <path d="M3.5 13.5a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0 -7 0M9.5 11L16.5 4M13 7.5l2.5 2.5M15 5.5l2 2" />,
);
