import { useEffect } from "react";

/** The page's name first: tabs and bookmarks are cut from the right. */
export function useTitle(title: string): void {
  useEffect(() => { document.title = title ? `${title} · 协同 xietong` : "协同 xietong"; }, [title]);
}
