import type { ReactNode } from "react";
import { undisguised } from "./link-target";

type Props = {
  href: string | undefined;
  text: string;
  hasFormula: boolean;
  title: string | undefined;
  children: ReactNode;
};

/** A link out of the page, which says where it leads if its text would make one believe something else. */
export function MarkdownLink({ href, text, hasFormula, title, children }: Props) {
  if (!href) return <span>{children}</span>;
  const real = undisguised(text, href, hasFormula);
  return (
    <>
      <a
        href={href}
        target="_blank"
        rel="noopener noreferrer nofollow"
        title={title !== undefined && undisguised(title, href) === null ? title : undefined}
      >
        {text.trim() === "" ? href : children}
      </a>
      {real !== null && (
        <bdi className="link-target" dir="ltr">
          {` (${real})`}
        </bdi>
      )}
    </>
  );
}
