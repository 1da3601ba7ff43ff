import { ComposedModal, ModalBody, Search } from "@carbon/react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useDeferredValue, useEffect, useRef, useState, type KeyboardEvent } from "react";
import { useNavigate } from "react-router";
import { findEverywhere, type Hit } from "./sources";

const NONE: Hit[] = [];

/** Search over everything: a combobox in a dialog. Arrows move, Enter goes there, Escape closes. */
export function SearchDialog({ close }: { close: () => void }) {
  const navigate = useNavigate();
  const list = useRef<HTMLUListElement>(null);
  const [text, setText] = useState("");
  const [active, setActive] = useState(0);
  const wanted = useDeferredValue(text.trim());
  const { data: hits = NONE, isFetching } = useQuery({
    queryKey: ["everywhere", wanted],
    queryFn: ({ signal }) => findEverywhere(wanted, signal),
    placeholderData: keepPreviousData,
  });
  const index = Math.min(active, hits.length - 1);

  useEffect(() => {
    list.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  }, [index]);

  function go(hit: Hit | undefined) {
    if (!hit) return;
    close();
    void navigate(hit.to);
  }

  function onKeyDown(event: KeyboardEvent) {
    if (event.key === "ArrowDown") setActive(Math.min(index + 1, hits.length - 1));
    else if (event.key === "ArrowUp") setActive(Math.max(index - 1, 0));
    else if (event.key === "Enter") go(hits[index]);
    else return;
    event.preventDefault();
  }

  return (
    <ComposedModal open size="sm" onClose={close} aria-label="Search over everything" className="sw-search" selectorPrimaryFocus="input">
      <ModalBody>
        <Search
          size="lg"
          labelText="Search over everything"
          placeholder="Search for processes, instances by key, tasks, drafts"
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            setActive(0);
          }}
          onKeyDown={onKeyDown}
          role="combobox"
          aria-expanded
          aria-controls="everywhere"
          aria-activedescendant={hits[index]?.id}
          autoComplete="off"
        />
        <ul id="everywhere" role="listbox" aria-label="Results" ref={list} className="sw-search__hits">
          {hits.map((hit, position) => (
            <li key={hit.id} role="presentation">
              {hits[position - 1]?.group !== hit.group && (
                <div className="sw-search__group" role="presentation">
                  {hit.group}
                </div>
              )}
              <div
                id={hit.id}
                role="option"
                tabIndex={-1}
                aria-selected={position === index}
                className="sw-search__hit"
                onMouseMove={() => setActive(position)}
                onClick={() => go(hit)}
                onKeyDown={onKeyDown}
              >
                <span>{hit.title}</span>
                {hit.detail && <span className="sw-search__detail">{hit.detail}</span>}
              </div>
            </li>
          ))}
        </ul>
        {hits.length === 0 && (
          <p className="sw-search__none" role="status">
            {isFetching ? "Searching …" : `Nothing fits “${wanted}”.`}
          </p>
        )}
      </ModalBody>
    </ComposedModal>
  );
}
