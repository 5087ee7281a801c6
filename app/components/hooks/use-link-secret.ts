import { useEffect, useState } from "react";

/** What stands behind the `#` of this page's address: the secret of a link. It is sent to no server in a URL. */
export function useLinkSecret(): string {
  const [secret, setSecret] = useState(() => window.location.hash.slice(1));
  useEffect(() => {
    // Another link that was pasted into the same tab does not load the page anew.
    const look = () => setSecret(window.location.hash.slice(1));
    window.addEventListener("hashchange", look);
    return () => window.removeEventListener("hashchange", look);
  }, []);
  return secret;
}
