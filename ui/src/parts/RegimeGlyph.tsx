import type { Regime } from "../api/types";
import { REGIME_COLOUR } from "../styles/palette";

const DASH: Record<Regime, string | undefined> = { closed: undefined, current: "5 3", open: "1 4.5" };

/** The border as the map draws it: solid, dashed, dotted. */
export function RegimeGlyph({ regime }: { regime: Regime }) {
  return (
    <svg className="glyph" width="22" height="8" viewBox="0 0 22 8" aria-hidden>
      <line x1="2" y1="4" x2="20" y2="4" stroke={REGIME_COLOUR[regime]} strokeWidth="3.2" strokeDasharray={DASH[regime]} strokeLinecap={regime === "open" ? "round" : "butt"} />
    </svg>
  );
}
