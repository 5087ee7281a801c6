import "i18next";
import type { English } from "./translation";

declare module "i18next" {
  interface CustomTypeOptions {
    defaultNS: "translation";
    resources: { translation: English };
  }
}
