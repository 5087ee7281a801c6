import { Scripts } from "@remix-run/react";
import { Children, cloneElement, isValidElement, type LinkHTMLAttributes, type ReactElement } from "react";

/**
 * Remix's scripts, with low priority: the style sheet comes first, so that the page can be read before it can be used.
 * Remix has no property for the priority, so it is added to the elements.
 */
export function PageScripts({ nonce }: { nonce: string | undefined }) {
  // Called instead of rendered, to change the returned elements. Null after hydration.
  const scripts = Scripts({ nonce }) as ReactElement<{ children: ReactElement[] }> | null;
  return Children.map(scripts?.props.children, (child) =>
    isValidElement<LinkHTMLAttributes<HTMLLinkElement>>(child) && child.props.rel === "modulepreload"
      ? // In lower case, in which React 18 passes it on as an attribute.
        cloneElement(child, { fetchpriority: "low" } as object)
      : child,
  );
}
