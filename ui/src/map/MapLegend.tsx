import type { Better, Quality, Regime, T } from "../api/types";
import { formatNumber, scaleFor, withUnit } from "../format/number";
import { useWords } from "../i18n";
import { QualityBadge } from "../parts/QualityBadge";
import { RegimeGlyph } from "../parts/RegimeGlyph";
import { useRegion } from "../state/region";
import { MARK, UNKNOWN_FILL } from "../styles/palette";
import type { Legend } from "./drawing";
import { colourAt } from "./scale";

export interface LegendText { title: string; unit: T | string | null; quality: Quality | null; better: Better | null }

export function MapLegend({ legend, text, regime }: { legend: Legend; text: LegendText; regime: Regime | null }) {
  const { t, u } = useWords();
  return (
    <div className="legend">
      {text.title && (
        <p className="legend__title">
          {text.title}
          {text.unit && <span className="muted"> {u(text.unit)}</span>}
          {text.quality && <QualityBadge quality={text.quality} />}
        </p>
      )}
      {legend.kind === "jurisdictions" && <JurisdictionKeys items={legend.items} />}
      {legend.kind === "area" && <Ramp legend={legend} unit={text.unit} />}
      {legend.kind === "keys" && (
        <p className="legend__row legend__row--wrap num">
          {legend.items.map(({ colour, label, shape }) => <span key={label} className={`legend__key ${shape ? `legend__key--${shape}` : ""}`}><i style={{ background: colour }} />{label}</span>)}
        </p>
      )}
      {legend.kind === "size" && <SizeKey legend={legend} unit={text.unit} />}
      {regime && (
        <p className="legend__row">
          <RegimeGlyph regime={regime} /> <span>{t("map.borderLine", { regime: t(`regime.${regime}`) })}</span>
        </p>
      )}
    </div>
  );
}

function JurisdictionKeys({ items }: { items: { area: string; colour: string }[] }) {
  const { tr } = useWords();
  const { byId } = useRegion();
  return (
    <p className="legend__row legend__row--wrap">
      {items.map(({ area, colour }) => (
        <span key={area} className="legend__key"><i style={{ background: colour }} />{tr(byId.get(area)?.title) || area}</span>
      ))}
    </p>
  );
}

function Ramp({ legend, unit }: { legend: Extract<Legend, { kind: "area" }>; unit: T | string | null }) {
  const { t, lang } = useWords();
  const { breaks, low, high } = legend.scale;
  const scale = scaleFor([low, high], lang, unit);
  const range = (i: number) =>
    `${formatNumber(breaks[i - 1] ?? low, lang, { scale })} – ${formatNumber(breaks[i] ?? high, lang, { scale })}`;
  return (
    <>
      <div className="legend__scale num">
        <span>{formatNumber(low, lang, { scale })}</span>
        <span className="legend__ramp">
          {[...breaks, high].map((_, i) => <i key={i} style={{ background: colourAt(i, legend.scale) }} title={range(i)} />)}
        </span>
        <span>{formatNumber(high, lang, { scale })}</span>
      </div>
      {legend.unknown && <p className="legend__row"><span className="legend__key"><i style={{ background: UNKNOWN_FILL }} />{t("unknown")}</span></p>}
    </>
  );
}

function SizeKey({ legend, unit }: { legend: Extract<Legend, { kind: "size" }>; unit: T | string | null }) {
  const { t, u, lang } = useWords();
  const links = legend.links ?? 0;
  if (legend.top === 0 && links === 0) return <p className="legend__row muted">{t("map.nothing")}</p>;
  return (
    <>
      {legend.top > 0 && <p className="legend__row num">
        <i className={legend.line ? "legend__line" : "legend__dot"} style={{ background: MARK }} />
        {t("map.largest")} {withUnit(formatNumber(legend.top, lang, { unit }), u(unit))}
      </p>}
      {links > 0 && <p className="legend__row num"><i className="legend__line" style={{ background: MARK }} />{t("plan.links", { n: links })}</p>}
      {legend.hidden > 0 && <p className="legend__row muted">{t("map.hidden", { n: legend.hidden })}</p>}
    </>
  );
}
