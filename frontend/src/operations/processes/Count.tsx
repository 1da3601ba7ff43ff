import { Link } from "react-router";
import { instancesAddress, type Filters } from "../instances/filters";
import "./Count.scss";

interface Props {
  count: number;
  state: "ACTIVE" | "INCIDENT";
  /** What a screen reader says: "12 of Refund running". */
  label: string;
  filters: Filters;
}

/** A number that leads to the instances that it counts. */
export function Count({ count, state, label, filters }: Props) {
  if (count === 0) return <span className="sw-quiet">0</span>;
  return (
    <Link className={`sw-count sw-count--${state.toLowerCase()}`} to={instancesAddress({ ...filters, state })} aria-label={label}>
      {count.toLocaleString("en")}
    </Link>
  );
}
