import { useState, type ReactNode } from "react";
import type { T } from "../api/types";
import { useWords } from "../i18n";

interface Grouped { measure: string; group?: T | null }
interface Group<M> { title: T | null; measures: M[] }

/** Measures by the heading that they declare, in the order in which they come; those without one come first. */
export function groupsOf<M extends Grouped>(measures: readonly M[]): Group<M>[] {
  const groups = new Map<string, Group<M>>();
  for (const m of measures) {
    const key = m.group?.en ?? "";
    const group = groups.get(key) ?? { title: m.group ?? null, measures: [] };
    group.measures.push(m);
    groups.set(key, group);
  }
  return [...groups.values()];
}

/** Choices of a measure, under the same headings. */
export function measureOptions<M extends Grouped & { title: T }>(measures: readonly M[], tr: (text: T) => string) {
  const choice = (m: M) => ({ value: m.measure, label: tr(m.title) });
  return groupsOf(measures).flatMap((g): ({ value: string; label: string } | { label: string; options: { value: string; label: string }[] })[] =>
    g.title ? [{ label: tr(g.title), options: g.measures.map(choice) }] : g.measures.map(choice));
}

/**
 * Rows of a table, a part a group. The first named group and that of the chosen measure stand open; the others open when
 * their heading is pressed. Folded rows stay in the page, hidden.
 */
export function MeasureGroups<M extends Grouped>({ measures, chosen, columns, children }: { measures: readonly M[]; chosen: string | null; columns: number; children: (measure: M) => ReactNode }) {
  const { tr } = useWords();
  const [pressed, setPressed] = useState<Record<string, boolean>>({});
  const groups = groupsOf(measures);
  const first = groups.find((g) => g.title)?.title?.en;
  return groups.map((g) => {
    if (!g.title) return <tbody key="">{g.measures.map(children)}</tbody>;
    const name = g.title.en;
    const open = pressed[name] ?? (name === first || g.measures.some((m) => m.measure === chosen));
    return [
      <tbody key={`${name} head`} className="groupline">
        <tr>
          <th scope="rowgroup" colSpan={columns}>
            <button type="button" aria-expanded={open} data-testid="measure-group" onClick={() => setPressed({ ...pressed, [name]: !open })}>
              <i aria-hidden>{open ? "▾" : "▸"}</i>{tr(g.title)} <span className="muted num">{g.measures.length}</span>
            </button>
          </th>
        </tr>
      </tbody>,
      <tbody key={name} hidden={!open}>{g.measures.map(children)}</tbody>,
    ];
  });
}
