/** How the service looks to people, as every page is sent it. */
export type BrandView = {
  name: string;
  /** Address of the logo; null for the built-in one. */
  logo: string | null;
  /** The heading of the greeting; null for that of the page's language. */
  welcome: string | null;
  /** Starter prompts of the greeting; null for those of the page's language. */
  prompts: readonly string[] | null;
};

export const DEFAULT_BRAND: BrandView = { name: "Holdfast", logo: null, welcome: null, prompts: null };
