import { Workspace } from "@carbon/icons-react";
import { Button, InlineNotification, PasswordInput, TextInput } from "@carbon/react";
import { useState, type FormEvent } from "react";
import { useNavigate, useSearchParams } from "react-router";
import { ApiError, reasonOf } from "@/api/problems";
import { signIn } from "@/api/session";
import { placeAfterLogin } from "./next";

export function LoginPage() {
  const navigate = useNavigate();
  const [params] = useSearchParams();
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");
  const [failure, setFailure] = useState<string>();
  const [busy, setBusy] = useState(false);

  async function submit(event: FormEvent) {
    event.preventDefault();
    setBusy(true);
    setFailure(undefined);
    try {
      await signIn(username, password);
      void navigate(placeAfterLogin(params.get("next")), { replace: true });
    } catch (error) {
      setFailure(error instanceof ApiError && error.status === 401 ? "The user name or the password is wrong." : reasonOf(error));
      setBusy(false);
    }
  }

  return (
    <main className="sw-login">
      <form className="sw-login__form" onSubmit={(event) => void submit(event)}>
        <h1>
          <Workspace size={24} className="sw-brand" />
          Stepwell
        </h1>
        {failure && <InlineNotification kind="error" lowContrast hideCloseButton title={failure} />}
        <TextInput
          id="username"
          labelText="User name"
          autoComplete="username"
          autoCapitalize="none"
          autoFocus
          required
          value={username}
          onChange={(event) => setUsername(event.target.value)}
        />
        <PasswordInput
          id="password"
          labelText="Password"
          autoComplete="current-password"
          required
          value={password}
          onChange={(event) => setPassword(event.target.value)}
        />
        <Button type="submit" disabled={busy || !username || !password}>
          {busy ? "Signing in …" : "Sign in"}
        </Button>
      </form>
    </main>
  );
}
