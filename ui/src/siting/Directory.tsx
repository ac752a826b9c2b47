import { Button, InputNumber, Select } from "antd";
import { useEffect, useId, useState } from "react";
import type { Answer, Declaration, Query } from "../api/types";
import { useResource } from "../api/useResource";
import { formatNumber, withUnit } from "../format/number";
import { useWords } from "../i18n";
import { Await } from "../parts/Await";
import { AreaSelect } from "../parts/ContextBar";
import { QualityBadge } from "../parts/QualityBadge";
import { useCells } from "../state/region";
import { useView } from "../state/view";
import { Labelled } from "./Controls";
import { HomeCard } from "./HomeCard";
import { inputOf, type DirectoryAnswer, type SitingShape } from "./shape";
import { useNamed, useOptions, usePlaceName } from "./useNames";
import { patchOf } from "./useSettings";

const FIRST = 9;
const GRACE = 300, WAIT = 350;

interface Props { declaration: Declaration; shape: SitingShape; query: Query; supply: string; ask: (query: string, inputs: Record<string, string | number | null>) => string }

/** What one person finds: places within reach, what they cost and who pays, and whether a bed is free. */
export function Directory({ declaration, shape, query, supply, ask }: Props) {
  const { t, tr } = useWords();
  const { view, set } = useView();
  const cells = useCells();
  const options = useOptions();
  const name = usePlaceName();
  const id = useId();
  const supplies = useNamed(declaration, "supply");
  const grades = inputOf(query, "grade");
  const grade = grades?.values.find((v) => v === view.grade) ?? String(grades?.default ?? "");
  const money = inputOf(query, "means_cny");
  const means = view.means ?? Number(money?.default ?? 0);
  const [typed, setTyped] = useState<number | null>(null);
  useEffect(() => {
    if (typed === null) return;
    const timer = setTimeout(() => { set({ means: typed === money?.default ? null : typed }, { replace: true }); setTyped(null); }, WAIT);
    return () => clearTimeout(timer);
  }, [typed, set, money]);
  const known = new Set(cells.data?.features.map((f) => f.properties.area));
  const place = view.place && known.has(view.place) ? view.place : null;
  const resource = useResource<Answer<DirectoryAnswer>>(place ? ask(query.query, { place, supply, ...(grade ? { grade } : {}), means_cny: means }) : null, false, GRACE);
  return (
    <section className="directory" aria-labelledby="directory-title" data-testid="directory" data-place={place ?? ""}>
      <header className="detail__head"><h2 id="directory-title">{tr(query.title)}</h2>{place && resource.data && <QualityBadge quality={resource.data.quality} />}</header>
      <div className="sitectl">
        <Labelled label={t("siting.home")}><AreaSelect label="" value={place} placeholder={t("siting.choosePlace")} testid="home-select" onChange={(next) => set({ place: next })} cellsOnly={known} /></Labelled>
        {supplies.length > 0 && <Labelled label={t("siting.supply")}><Select value={supply} options={supplies} onChange={(next: string) => set(patchOf(shape, { supply: next }))} popupMatchSelectWidth={false} aria-label={t("siting.supply")} data-testid="home-supply" /></Labelled>}
        {grades && <Labelled label={tr(grades.title)}><Select value={grade} options={options(grades)} onChange={(next) => set({ grade: next === grades.default ? null : next })} popupMatchSelectWidth={false} aria-label={tr(grades.title)} data-testid="home-grade" /></Labelled>}
        <div className="sitectl__field"><span className="sitectl__label" id={id}>{tr(money?.title)}</span><InputNumber min={money?.low ?? 0} max={money?.high ?? 1e6} step={500} value={typed ?? means} onChange={setTyped} suffix={tr(money?.unit)} aria-labelledby={id} data-testid="home-means" style={{ width: 190 }} /></div>
      </div>
      {!place && <p className="teach" data-testid="homes-empty">{t("siting.choosePlaceHint")}</p>}
      {place && <Await resource={resource}>{(answer) => <Found answer={answer} place={name(place)} means={means} />}</Await>}
    </section>
  );
}

function Found({ answer, place, means }: { answer: Answer<DirectoryAnswer>; place: string; means: number }) {
  const { t, u, lang } = useWords();
  const { view } = useView();
  const [all, setAll] = useState(false);
  const { homes } = answer.answer;
  const able = homes.filter((h) => h.affordable);
  const sorted = [...able, ...homes.filter((h) => !h.affordable)];
  const money = (v: number) => withUnit(formatNumber(Math.round(v), lang), u(answer.units["price_cny"]));
  if (!homes.length) return <p className="teach" data-testid="homes-empty">{t("siting.noneInReach", { place, regime: t(`regime.${view.regime}`) })}</p>;
  const free = able.filter((h) => h.free >= 1).length;
  return (
    <>
      {able.length === 0
        ? <p className="teach" data-testid="homes-empty">{t("siting.noneAffordable", { n: homes.length, means: money(means), cheapest: money(Math.min(...homes.map((h) => h.price_cny))) })}</p>
        : <p data-testid="homes-said" data-found={homes.length} data-affordable={able.length}>{t(free ? "siting.found" : "siting.foundFull", { place, n: homes.length, able: able.length, free })}</p>}
      <ul className="offers">{(all ? sorted : sorted.slice(0, FIRST)).map((h, i) => <HomeCard key={`${h.place}${h.tier}${h.nursing}${i}`} home={h} units={answer.units} />)}</ul>
      {sorted.length > FIRST && <Button size="small" onClick={() => setAll(!all)}>{all ? t("plan.fewer") : t("plan.allSteps", { n: sorted.length })}</Button>}
    </>
  );
}
