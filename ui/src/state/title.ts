import { useEffect } from "react";

/** The page's name first: tabs and bookmarks are cut from the right. null leaves it to a part of the page. */
export function useTitle(title: string | null): void {
  useEffect(() => { if (title !== null) document.title = title ? `${title} · 协同 xietong` : "协同 xietong"; }, [title]);
}
