"""Sign-in by OpenID Connect, against a provider that runs beside the test."""
from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import oidc_provider_mock
import pytest
import requests

from shared.web.tokens import IssuerUnreachable, TokenRefused, Tokens
from tests.integration.web_notes import notes_app
from tests.integration.web_room import HandRoom, hand_room
from tests.support.ground import free_port

PEOPLE = [
    oidc_provider_mock.User(sub="helen", claims={"email": "Helen.Marsh@pod.example", "name": "Helen Marsh", "roles": ["manager", "emperor"]}),
    oidc_provider_mock.User(sub="guest", claims={"email": "guest@pod.example", "name": "Guest"}),
]


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with oidc_provider_mock.run_server_in_thread(user_claims=PEOPLE) as server:
        yield f"http://localhost:{server.server_port}"


def server_room(folder: Path, issuer: str, **settings: Any) -> HandRoom:
    return hand_room(folder, mode="server", oidc_issuer=issuer, oidc_client_id="pod", oidc_client_secret="s", **settings)


def go(client: Any, who: str, next_: str = "/journeys/write") -> Any:
    away = client.get(f"/sign-in?next={next_}")
    assert away.status_code == 302
    back = requests.post(away.location, data={"sub": who}, allow_redirects=False, timeout=5)
    parts = urlsplit(back.headers["Location"])
    assert parts.path == "/journeys/sign-in/back"
    return client.get(f"/sign-in/back?{parts.query}")


def test_the_issuers_person_comes_back_with_their_role_to_where_they_wanted(issuer: str, tmp_path: Path) -> None:
    client = notes_app(server_room(tmp_path, issuer)).test_client()
    assert go(client, "helen").location == "/journeys/write"
    page = client.get("/write")
    assert page.status_code == 200 and "Helen Marsh" in page.text and "Demo" not in page.text
    with client.session_transaction() as session:
        assert session["actor"] == {"email": "helen.marsh@pod.example", "name": "Helen Marsh", "roles": ["manager"], "team": ""}


def test_somebody_without_a_role_is_in_but_may_do_nothing(issuer: str, tmp_path: Path) -> None:
    client = notes_app(server_room(tmp_path, issuer)).test_client()
    go(client, "guest")
    assert client.get("/write").status_code == 403


def test_the_sign_in_asks_for_a_code_with_proof_and_a_nonce(issuer: str, tmp_path: Path) -> None:
    client = notes_app(server_room(tmp_path, issuer)).test_client()
    asked = parse_qs(urlsplit(client.get("/sign-in").location).query)
    assert asked["code_challenge_method"] == ["S256"] and asked["nonce"] and asked["state"]
    assert asked["response_type"] == ["code"]


def test_behind_a_proxy_the_person_comes_back_to_the_publics_address(issuer: str, tmp_path: Path) -> None:
    forwarded = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "pod.example", "X-Forwarded-For": "192.0.2.1"}
    for proxies, address in ((1, "https://pod.example/journeys/sign-in/back"), (0, "http://localhost/journeys/sign-in/back")):
        client = notes_app(server_room(tmp_path, issuer, trusted_proxies=proxies)).test_client()
        asked = parse_qs(urlsplit(client.get("/sign-in", headers=forwarded).location).query)
        assert asked["redirect_uri"] == [address]


@pytest.mark.parametrize("query", ["", "?error=access_denied", "?code=made-up&state=made-up"])
def test_a_way_back_nobody_was_sent_on_signs_nobody_in(issuer: str, tmp_path: Path, query: str) -> None:
    client = notes_app(server_room(tmp_path, issuer)).test_client()
    assert client.get(f"/sign-in/back{query}").status_code == 400
    assert client.get("/").status_code == 302


def test_without_the_issuer_the_sign_in_says_so(tmp_path: Path) -> None:
    client = notes_app(server_room(tmp_path, f"http://127.0.0.1:{free_port()}")).test_client()
    answer = client.get("/sign-in")
    assert answer.status_code == 503 and "not available" in answer.text


def test_there_is_no_demo_sign_in_on_a_server(issuer: str, tmp_path: Path) -> None:
    client = notes_app(server_room(tmp_path, issuer)).test_client()
    assert client.post("/sign-in", data={"email": "helen.marsh@pod.example"}).status_code in (400, 405)
    assert client.get("/").status_code == 302


def test_the_issuers_token_opens_the_api(issuer: str, tmp_path: Path) -> None:
    room = server_room(tmp_path, issuer)
    client = notes_app(room).test_client()
    go(client, "helen")
    token = id_token(issuer)
    assert Tokens(room.settings).actor(token).roles == frozenset({"manager"})
    assert client.get("/api/v1/notes", headers={"Authorization": f"Bearer {token}"}).status_code == 200


def test_a_token_for_another_client_does_not(issuer: str, tmp_path: Path) -> None:
    room = server_room(tmp_path, issuer, oidc_audience="another")
    with pytest.raises(TokenRefused):
        Tokens(room.settings).actor(id_token(issuer))


def test_without_the_issuers_keys_the_api_answers_503(issuer: str, tmp_path: Path) -> None:
    room = server_room(tmp_path, f"http://127.0.0.1:{free_port()}")
    token = id_token(issuer)
    with pytest.raises(IssuerUnreachable):
        Tokens(room.settings).actor(token)
    answer = notes_app(room).test_client().get("/api/v1/notes", headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.mimetype) == (503, "application/problem+json")


def id_token(issuer: str) -> str:
    """Get a token as another program would: by the code flow, without us."""
    asked = {"client_id": "pod", "response_type": "code", "scope": "openid email profile", "redirect_uri": "http://localhost/x"}
    back = requests.post(f"{issuer}/oauth2/authorize", params=asked, data={"sub": "helen"}, allow_redirects=False, timeout=5)
    code = parse_qs(urlsplit(back.headers["Location"]).query)["code"][0]
    told = requests.post(f"{issuer}/oauth2/token", auth=("pod", "s"), timeout=5, data={
        "grant_type": "authorization_code", "code": code, "redirect_uri": "http://localhost/x"})
    return str(told.json()["id_token"])
