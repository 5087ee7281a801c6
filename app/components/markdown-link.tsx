import type { ReactNode } from "react";
import { undisguised } from "./link-target";

type Props = { href: string | undefined; text: string; children: ReactNode };

/** A link out of the page, which says where it leads if its text would make one believe something else. */
export function MarkdownLink({ href, text, children }: Props) {
  if (!href) return <span>{children}</span>;
  const real = undisguised(text, href);
  return (
    <>
      <a href={href} target="_blank" rel="noopener noreferrer nofollow">
        {text.trim() === "" ? href : children}
      </a>
      {real !== null && (
        <bdi className="link-target" dir="ltr">
          {" "}
          ({real})
        </bdi>
      )}
    </>
  );
}
