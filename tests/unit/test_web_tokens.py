"""Bearer tokens: who is believed, and who is not."""
from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from shared.settings import Settings, SettingsError
from shared.web import tokens
from shared.web.tokens import TokenRefused, Tokens, issue_demo

DEMO = Settings(mode="demo", secret_key="a secret of at least thirty-two characters")
SERVER = Settings(secret_key=DEMO.secret_key, oidc_issuer="https://issuer.example", oidc_client_id="pod")
KEY = RSAKey.generate_key(2048, {"kid": "one"})


def claims(**changes: Any) -> dict[str, Any]:
    now = int(time.time())
    return {"iss": "https://issuer.example", "aud": "pod", "exp": now + 60, "sub": "1", "email": "A@b.example",
            "name": "A", "roles": ["worker", "emperor"], **changes}


def signed(key: Any = KEY, alg: str = "RS256", kid: str = "one", **changes: Any) -> str:
    return jwt.encode({"alg": alg, "kid": kid}, {k: v for k, v in claims(**changes).items() if v is not None}, key,
                      algorithms=[alg])


@pytest.fixture
def readers() -> Tokens:
    from joserfc.jwk import KeySet
    reader = Tokens(SERVER)
    reader.keys._keys = KeySet([KEY])
    reader.keys._fetched = time.monotonic()
    return reader


def test_the_issuers_token_says_who_and_only_roles_we_know(readers: Tokens) -> None:
    actor = readers.actor(signed())
    assert (actor.email, actor.name, actor.roles) == ("a@b.example", "A", frozenset({"worker"}))


@pytest.mark.parametrize("changes", [
    {"exp": 1}, {"exp": None}, {"iss": "https://other.example"}, {"iss": None}, {"aud": "somebody-else"}, {"aud": None},
])
def test_a_token_that_is_old_or_for_somebody_else_is_refused(readers: Tokens, changes: dict[str, Any]) -> None:
    with pytest.raises(TokenRefused):
        readers.actor(signed(**changes))


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "é.é.é", "e30.e30.", signed()[:-6] + "AAAAAA"])
def test_what_is_no_token_is_refused_and_not_quoted(readers: Tokens, token: str) -> None:
    with pytest.raises(TokenRefused) as refusal:
        readers.actor(token)
    assert not token or len(token) < 2 or token not in str(refusal.value)


def test_a_token_signed_with_our_own_secret_is_nothing_to_a_server(readers: Tokens) -> None:
    with pytest.raises(TokenRefused):
        readers.actor(issue_demo(DEMO, "manager"))
    with pytest.raises(TokenRefused):
        readers.actor(signed(OctKey.import_key(DEMO.secret_key), "HS256"))


def test_made_up_key_ids_do_not_make_us_ask_the_issuer_again_and_again(readers: Tokens) -> None:
    for number in range(5):
        with pytest.raises(TokenRefused):  # asking would raise IssuerUnreachable: there is no such host
            readers.actor(signed(RSAKey.generate_key(2048), kid=f"made-up-{number}"))


def test_a_demo_token_is_of_the_first_of_the_role_or_of_whom_is_named() -> None:
    assert Tokens(DEMO).actor(issue_demo(DEMO, "worker")).email == "wren.callaghan@pod.example"
    assert Tokens(DEMO).actor(issue_demo(DEMO, "worker", "Sunita.Rao@pod.example")).name == "Sunita Rao"


def test_there_is_a_demo_person_for_every_role() -> None:
    for role in tokens.ROLES:
        assert role in Tokens(DEMO).actor(issue_demo(DEMO, role)).roles


def test_no_demo_token_is_made_in_server_mode() -> None:
    with pytest.raises(SettingsError, match="POD_MODE"):
        issue_demo(SERVER, "manager")


def test_pod_token_says_who_there_is_when_there_is_nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
                                                          capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("POD_MODE", "demo")
    monkeypatch.setenv("POD_VAR", str(tmp_path))
    assert tokens.main("worker", "nobody@pod.example") == 2
    assert "wren.callaghan@pod.example" in capsys.readouterr().err
    assert tokens.main("worker") == 0
    assert capsys.readouterr().out.count(".") == 2
