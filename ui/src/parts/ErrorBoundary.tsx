import { Component, type ReactNode } from "react";
import { ProblemCard } from "./ProblemCard";

interface Props { children: ReactNode; /** a new view gets a new try */ view: string }
interface State { error: Error | null; view: string }

/** A fault in one page must not blank the frame around it. */
export class ErrorBoundary extends Component<Props, State> {
  override state: State = { error: null, view: this.props.view };

  static getDerivedStateFromError(error: Error): Partial<State> {
    return { error };
  }

  static getDerivedStateFromProps(props: Props, state: State): Partial<State> | null {
    return props.view === state.view ? null : { error: null, view: props.view };
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (!error) return this.props.children;
    return <ProblemCard problem={{ type: "page-fault", title: "page-fault", status: 0, detail: error.message }} onRetry={() => window.location.reload()} />;
  }
}
