import { useEffect, useState } from "react";

/** The secret of a link: the fragment of this page's address, which browsers never send to a server. */
export function useLinkSecret(): string {
  const [secret, setSecret] = useState(() => window.location.hash.slice(1));
  useEffect(() => {
    // Pasting another link into the same tab does not reload the page.
    const read = () => setSecret(window.location.hash.slice(1));
    window.addEventListener("hashchange", read);
    return () => window.removeEventListener("hashchange", read);
  }, []);
  return secret;
}
