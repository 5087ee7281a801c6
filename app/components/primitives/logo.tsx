import { useContext } from "react";
import { BrandContext } from "./brand-context";

/** The logo of the service, else a bollard with a rope made fast to it: the same drawing as public/favicon.svg. */
export function Logo() {
  const { logo } = useContext(BrandContext);
  if (logo !== null) return <img className="logo" src={logo} alt="" width="28" height="28" />;
  return (
    <svg className="logo" viewBox="0 0 32 32" width="28" height="28" aria-hidden="true" focusable="false">
      <rect className="logo__ground" width="32" height="32" rx="8" />
      <path
        className="logo__bollard"
        d="M5 9c0-1.3 1.2-2 2.3-1.7 2.5.6 5.4.9 8.7.9s6.2-.3 8.7-.9C25.8 7 27 7.7 27 9c0 2.5-3.2 4-7 4.5V26h-8V13.5C8.2 13 5 11.5 5 9z"
      />
      <path className="logo__rope" d="M9.5 17.6l13-1.4M9.5 22.4l13-1.4" />
    </svg>
  );
}
