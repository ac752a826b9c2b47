import { Button } from "antd";
import { useState } from "react";
import { url } from "../api/client";
import type { Answer, Regime } from "../api/types";
import { useResource } from "../api/useResource";
import { useWords, type Words } from "../i18n";
import { Await } from "../parts/Await";
import { QualityBadge } from "../parts/QualityBadge";
import { useRegion } from "../state/region";
import { useView } from "../state/view";
import { clock, duration, time } from "./clock";
import { inputOf, records, type JourneysAnswer, type TravelShape } from "./shape";
import type { Settings } from "./useTimes";

interface Leg { mode: string; from: string; to: string; start: number; end: number; train: string }
interface Journey { number: number; start: number; end: number; minutes: number; trains: number; legs: Leg[] }

const FIRST = 6;
/** per cent of the bar that the number of a train needs; it stands below in any case */
const ROOM = 12;

interface Props { workstream: string; shape: TravelShape; settings: Settings; regime: Regime; steps: readonly string[]; origin: string; destination: string | null }

/** Trains from the chosen place to a second one: none of them is beaten by another that leaves later, arrives earlier or changes less. */
export function Journeys({ workstream, shape, settings, regime, steps, origin, destination }: Props) {
  const { t, tr } = useWords();
  const { region, byId } = useRegion();
  const { view } = useView();
  const query = shape.journeys;
  const longest = (query && inputOf(query, "window_min")?.high) ?? settings.window_min;
  const length = Math.min(settings.window_min, longest);
  const there = destination !== null && destination !== origin && query ? destination : null;
  const address = there && query
    ? url(`/regions/${region.region}/${workstream}/ask/${query.query}`, { as_of: view.as_of, regime, origin, destination: there, departure_min: settings.departure_min, window_min: length, step: steps })
    : null;
  const resource = useResource<Answer<JourneysAnswer>>(address, false, 300);
  const name = (area: string) => tr(byId.get(area)?.title) || area;
  const shown = there ? resource.data : null;
  return (
    <section className="journeys" aria-labelledby="journeys-title" data-testid="journeys" data-origin={origin} data-destination={there ?? ""} aria-busy={resource.loading}>
      <header className="detail__head">
        <h2 id="journeys-title">{there ? t("travel.journeysOf", { from: name(origin), to: name(there) }) : t("travel.journeys")}</h2>
        {shown && <QualityBadge quality={shown.quality} />}
        {there && <span className="muted num">{t("travel.windowSaid", { from: clock(settings.departure_min), to: clock(settings.departure_min + length) })}</span>}
      </header>
      {!there && <p className="teach" data-testid="journeys-empty">{destination === origin ? t("travel.samePlace") : t("travel.chooseTo", { place: name(origin) })}</p>}
      {there && (
        <Await resource={resource}>
          {(answer) => (
            <>
              {length < settings.window_min && <p className="muted">{t("travel.firstHours", { h: duration(length, { t }) })}</p>}
              <Listed answer={answer.answer} />
            </>
          )}
        </Await>
      )}
    </section>
  );
}

function read(answer: JourneysAnswer, lang: Words["lang"]): Journey[] {
  const legs = records(answer.legs).map((r) => ({
    journey: Number(r["journey"]), mode: String(r["mode"]), from: String(r[`origin_${lang}`] ?? ""), to: String(r[`destination_${lang}`] ?? ""),
    start: Number(r["departure_min"]), end: Number(r["arrival_min"]), train: String(r[`train_${lang}`] ?? ""),
  }));
  return records(answer.journeys).map((r) => ({
    number: Number(r["journey"]), start: Number(r["departure_min"]), end: Number(r["arrival_min"]), minutes: Number(r["minutes"]), trains: Number(r["trains"]),
    legs: legs.filter((l) => l.journey === Number(r["journey"])),
  }));
}

function Listed({ answer }: { answer: JourneysAnswer }) {
  const words = useWords();
  const { t, lang } = words;
  const [all, setAll] = useState(false);
  const found = read(answer, lang);
  const road = answer.road_min;
  if (!found.length) {
    return <p className="teach" data-testid="journeys-empty">{road === null ? t("travel.noTrain") : t("travel.noTrainRoad", { road: duration(road, words) })}</p>;
  }
  const shown = all ? found : found.slice(0, FIRST);
  const from = Math.min(...shown.map((j) => j.start)), to = Math.max(...shown.map((j) => j.end));
  const quickest = Math.min(...found.map((j) => j.minutes));
  return (
    <>
      <p className="journeys__road muted num">
        {road !== null && t("travel.roadTakes", { road: duration(road, words) })}
        <span className="journeys__keys"><i className="leg leg--rail" />{t("travel.train")} <i className="leg leg--road" />{t("travel.road")} <i className="leg leg--wait" />{t("travel.wait")}</span>
      </p>
      <ol className="journeys__list">
        {shown.map((j) => <One key={j.number} journey={j} axis={[from, to]} quickest={j.minutes === quickest && found.length > 1} />)}
      </ol>
      {found.length > FIRST && <Button size="small" onClick={() => setAll(!all)}>{all ? t("plan.fewer") : t("plan.allSteps", { n: found.length })}</Button>}
    </>
  );
}

function One({ journey: j, axis: [from, to], quickest }: { journey: Journey; axis: [number, number]; quickest: boolean }) {
  const words = useWords();
  const { t } = words;
  const percent = (minutes: number) => (minutes / Math.max(1, to - from)) * 100;
  return (
    <li className="journey" data-testid="journey">
      <div className="journey__head num">
        <strong>{time(j.start, words)} → {time(j.end, words)}</strong>
        <span>{duration(j.minutes, words)}</span>
        <span className="muted">{j.trains <= 1 ? t("travel.direct") : t("travel.changes", { n: j.trains - 1 })}</span>
        {quickest && <span className="badge">{t("travel.quickest")}</span>}
      </div>
      <div className="journey__bar" aria-hidden>
        <i className="leg leg--wait" style={{ left: `${percent(j.start - from)}%`, width: `${percent(j.end - j.start)}%` }} />
        {j.legs.map((l, i) => (
          <i key={i} className={`leg leg--${l.mode === "rail" ? "rail" : "road"}`} style={{ left: `${percent(l.start - from)}%`, width: `${percent(l.end - l.start)}%` }}>
            {l.mode === "rail" && percent(l.end - l.start) > ROOM && <b>{l.train}</b>}
          </i>
        ))}
      </div>
      <ol className="journey__legs num">
        {j.legs.map((l, i) => (
          <li key={i} data-mode={l.mode}>
            {l.mode === "rail"
              ? <><b className="train" data-testid="train">{l.train}</b> {l.from} {time(l.start, words)} → {l.to} {time(l.end, words)}</>
              : <span className="muted">{t(i === 0 ? "travel.roadTo" : i === j.legs.length - 1 ? "travel.roadFrom" : "travel.roadBetween", { from: l.from, to: l.to, time: duration(l.end - l.start, words) })}</span>}
          </li>
        ))}
      </ol>
    </li>
  );
}
