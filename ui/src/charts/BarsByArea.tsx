import { BarChart } from "echarts/charts";
import { AriaComponent, GridComponent, LegendComponent, TooltipComponent } from "echarts/components";
import { init, use, type EChartsType } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { useEffect, useRef } from "react";
import { REGIMES, type MeasureResult, type Regime } from "../api/types";
import { formatNumber, valueScale, withUnit } from "../format/number";
import { useWords } from "../i18n";
import { INK, LINE, MUTED, REGIME_COLOUR } from "../styles/palette";
import { FONT } from "../styles/theme";

use([BarChart, GridComponent, TooltipComponent, LegendComponent, AriaComponent, SVGRenderer]);

/** the reader asked the system for less motion */
const STILL = window.matchMedia("(prefers-reduced-motion: reduce)").matches;

interface Props {
  measure: MeasureResult;
  areas: { area: string; title: { zh: string; en: string } }[];
  /** not drawn, but in the table beside the chart, whose numbers read alike */
  totals: { area: string }[];
  regime: Regime;
  regimes: readonly Regime[];
}

/** One measure by jurisdiction, grouped by the three regimes; the chosen one stands out. */
export default function BarsByArea({ measure, areas, totals, regime, regimes }: Props) {
  const host = useRef<HTMLDivElement>(null);
  const chart = useRef<EChartsType | null>(null);
  const { t, tr, u, lang } = useWords();

  useEffect(() => {
    if (!host.current) return;
    const made = init(host.current, undefined, { renderer: "svg" });
    chart.current = made;
    const watch = new ResizeObserver(() => made.resize());
    watch.observe(host.current);
    return () => { watch.disconnect(); made.dispose(); chart.current = null; };
  }, []);

  useEffect(() => {
    const shown = REGIMES.filter((r) => regimes.includes(r));
    const scale = valueScale(measure, shown, [...totals, ...areas], lang);
    const unit = u(measure.unit);
    const text = (v: unknown) => (typeof v === "number" ? formatNumber(v, lang, { scale }) : t("unknown"));
    chart.current?.setOption({
      animation: !STILL, animationDuration: 200, animationDurationUpdate: 200,
      aria: { enabled: true, label: { description: `${tr(measure.title)} (${unit})` } },
      textStyle: { fontFamily: FONT, color: INK },
      grid: { left: 4, right: 8, top: 34, bottom: 4, containLabel: true },
      legend: { top: 0, left: 0, itemWidth: 12, itemHeight: 12, icon: "roundRect", textStyle: { color: MUTED, fontSize: 12 }, selectedMode: false },
      tooltip: { trigger: "axis", axisPointer: { type: "shadow" }, confine: true, valueFormatter: (v: unknown) => (typeof v === "number" ? withUnit(text(v), unit) : t("unknown")) },
      xAxis: { type: "category", data: areas.map((a) => tr(a.title)), axisTick: { show: false }, axisLine: { lineStyle: { color: LINE } }, axisLabel: { color: INK, interval: 0, fontSize: 12 } },
      yAxis: { type: "value", splitNumber: 4, splitLine: { lineStyle: { color: LINE } }, axisLabel: { color: MUTED, formatter: (v: number) => formatNumber(v, lang, { scale, trim: true }) } },
      series: shown.map((r) => ({
        type: "bar", name: t(`regime.${r}`), barGap: "8%", barCategoryGap: "32%", barMaxWidth: 34,
        data: areas.map((a) => measure.values[r]?.[a.area] ?? null),
        itemStyle: { color: REGIME_COLOUR[r], opacity: r === regime ? 1 : 0.32, borderRadius: [2, 2, 0, 0] },
        label: { show: r === regime, position: "top", color: INK, fontSize: 12, formatter: (p: { value: unknown }) => text(p.value) },
        emphasis: { disabled: true },
      })),
    }, { notMerge: true });
  }, [measure, areas, totals, regime, regimes, lang, t, tr, u]);

  return <div className="chart" ref={host} role="img" aria-label={`${tr(measure.title)} (${u(measure.unit)}): ${t("measures.inTable")}`} data-testid="chart" />;
}
