import { Asleep, Help, Light, Search, UserAvatar, Workspace } from "@carbon/icons-react";
import {
  Header,
  HeaderGlobalAction,
  HeaderGlobalBar,
  HeaderMenuButton,
  HeaderMenuItem,
  HeaderName,
  HeaderNavigation,
  HeaderSideNavItems,
  OverflowMenu,
  OverflowMenuItem,
  SideNav,
  SideNavItems,
  SkipToContent,
} from "@carbon/react";
import { Suspense, useEffect, useState } from "react";
import { NavLink, Outlet, useLocation, useNavigate } from "react-router";
import { whenUnauthorized } from "@/api/sending";
import { signOut, useCurrentUser } from "@/api/session";
import { Notices } from "@/shared/notices";
import { LoadingState } from "@/shared/states";
import { PageBoundary } from "./PageBoundary";
import { SearchDialog } from "./search/SearchDialog";
import { ShortcutsDialog } from "./ShortcutsDialog";
import { useShortcut } from "./shortcuts";
import { chooseTheme, useTheme, type ThemeChoice } from "./theme";

const SECTIONS = [
  { to: "/modeler", name: "Modeler" },
  { to: "/inbox", name: "Inbox" },
  { to: "/operations", name: "Operations" },
];

const THEMES: [ThemeChoice, string][] = [
  ["system", "Like the system"],
  ["light", "Light"],
  ["dark", "Dark"],
];

/** The frame of every page: header, search, help; a page below it fills the rest of the window. */
export function Shell() {
  const location = useLocation();
  const navigate = useNavigate();
  const user = useCurrentUser();
  const [menuOpen, setMenuOpen] = useState(false);
  const [searching, setSearching] = useState(false);
  const [helping, setHelping] = useState(false);
  const { choice, theme } = useTheme();

  useEffect(() => {
    whenUnauthorized(() => {
      const here = window.location.pathname + window.location.search;
      void navigate(`/login?next=${encodeURIComponent(here)}`, { replace: true });
    });
    return () => whenUnauthorized(() => undefined);
  }, [navigate]);

  useShortcut("mod+k", () => setSearching(true));
  useShortcut("?", () => setHelping(true));

  async function leave() {
    await signOut().catch(() => undefined);
    void navigate("/login");
  }

  const links = SECTIONS.map(({ to, name }) => (
    <HeaderMenuItem key={to} as={NavLink} to={to} isActive={location.pathname.startsWith(to)} onClick={() => setMenuOpen(false)}>
      {name}
    </HeaderMenuItem>
  ));

  return (
    <>
      <Header aria-label="Stepwell">
        <SkipToContent href="#page" />
        <HeaderMenuButton
          aria-label={menuOpen ? "Close the menu" : "Open the menu"}
          isActive={menuOpen}
          onClick={() => setMenuOpen(!menuOpen)}
        />
        <HeaderName as={NavLink} to="/" prefix="">
          <Workspace className="sw-brand" />
          Stepwell
        </HeaderName>
        <HeaderNavigation aria-label="Sections">{links}</HeaderNavigation>
        <HeaderGlobalBar>
          <HeaderGlobalAction aria-label="Search (Ctrl K)" onClick={() => setSearching(true)}>
            <Search size={20} />
          </HeaderGlobalAction>
          <OverflowMenu
            aria-label="Theme"
            iconDescription="Theme"
            align="bottom"
            className="sw-header-menu"
            size="lg"
            flipped
            renderIcon={theme === "g100" ? Asleep : Light}
          >
            {THEMES.map(([value, name]) => (
              <OverflowMenuItem key={value} itemText={`${name}${choice === value ? " ✓" : ""}`} onClick={() => chooseTheme(value)} />
            ))}
          </OverflowMenu>
          <HeaderGlobalAction aria-label="Help and shortcuts (?)" onClick={() => setHelping(true)}>
            <Help size={20} />
          </HeaderGlobalAction>
          <OverflowMenu
            aria-label="Account"
            iconDescription={user.data?.displayName || user.data?.username || "Account"}
            align="bottom-right"
            className="sw-header-menu"
            size="lg"
            flipped
            renderIcon={UserAvatar}
          >
            <OverflowMenuItem itemText={user.data ? user.data.displayName || user.data.username : "Account"} disabled />
            <OverflowMenuItem hasDivider itemText="Sign out" onClick={() => void leave()} />
          </OverflowMenu>
        </HeaderGlobalBar>
        <SideNav
          aria-label="Sections"
          expanded={menuOpen}
          isPersistent={false}
          onSideNavBlur={() => setMenuOpen(false)}
          onOverlayClick={() => setMenuOpen(false)}
        >
          <SideNavItems>
            <HeaderSideNavItems>{links}</HeaderSideNavItems>
          </SideNavItems>
        </SideNav>
      </Header>
      <main className="sw-page" id="page" tabIndex={-1}>
        <PageBoundary key={location.pathname.split("/")[1]}>
          <Suspense fallback={<LoadingState />}>
            <Outlet />
          </Suspense>
        </PageBoundary>
      </main>
      <Notices />
      {searching && <SearchDialog close={() => setSearching(false)} />}
      {helping && <ShortcutsDialog close={() => setHelping(false)} />}
    </>
  );
}
