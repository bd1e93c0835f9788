"""Sign-in by OpenID Connect, against a provider that runs beside the test."""
from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import flask
import oidc_provider_mock
import pytest
import requests
from werkzeug.serving import make_server

from shared.web.tokens import IssuerUnreachable, TokenRefused, Tokens
from tests.integration.test_web_pages import field
from tests.integration.web_notes import notes_app
from tests.integration.web_room import HandRoom, hand_room
from tests.support.ground import free_port

PEOPLE = [
    oidc_provider_mock.User(sub="helen", claims={"email": "Helen.Marsh@pod.example", "name": "Helen Marsh", "roles": ["manager", "emperor"]}),
    oidc_provider_mock.User(sub="grouped", claims={"email": "grouped@pod.example", "name": "Gro Uped", "groups": ["a group of the council"] * 150}),
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
    return go_on(client, who, away.location)


def go_on(client: Any, who: str, address: str, **how: Any) -> Any:
    """Choose a person at the issuer, and come back."""
    back = requests.post(address, data={"sub": who}, allow_redirects=False, timeout=5)
    parts = urlsplit(back.headers["Location"])
    assert parts.path == "/journeys/sign-in/back"
    return client.get(f"/sign-in/back?{parts.query}", **how)


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


def leave(client: Any) -> Any:
    page = client.get("/privacy").text
    return client.post("/sign-out", data={"csrf_token": field(page, "csrf_token")})


def test_signing_out_here_is_signing_out_at_the_issuer_too(issuer: str, tmp_path: Path) -> None:
    client = notes_app(server_room(tmp_path, issuer)).test_client()
    go(client, "helen")
    known = client.get_cookie("pod-id")
    assert known.http_only and known.same_site == "Lax" and known.max_age == 12 * 3600
    away = leave(client)
    asked = parse_qs(urlsplit(away.location).query)
    assert away.status_code == 303 and away.location.startswith(f"{issuer}/oauth2/end_session?")
    assert asked["id_token_hint"] == [known.value] and asked["client_id"] == ["pod"]
    assert asked["post_logout_redirect_uri"] == ["http://localhost/journeys/signed-out"]
    assert client.get_cookie("pod-id") is None and client.get("/").status_code == 302
    assert client.get(f"/signed-out?state={asked['state'][0]}").status_code == 200


def test_the_id_token_is_a_cookie_of_this_very_host_sent_over_https_only(issuer: str, tmp_path: Path) -> None:
    client = notes_app(server_room(tmp_path, issuer, cookie_secure=True)).test_client()
    https = {"base_url": "https://localhost/journeys"}
    answer = go_on(client, "helen", client.get("/sign-in", **https).location, **https)
    (kept,) = [one for one in answer.headers.getlist("Set-Cookie") if one.startswith("__Host-pod-id=")]
    assert "; Secure; HttpOnly; Path=/; SameSite=Lax" in kept


def test_an_id_token_too_long_for_a_cookie_is_left_out(issuer: str, tmp_path: Path) -> None:
    client = notes_app(server_room(tmp_path, issuer)).test_client()
    go(client, "grouped")
    assert client.get_cookie("pod-id").value == "-"
    asked = parse_qs(urlsplit(leave(client).location).query)
    assert "id_token_hint" not in asked and asked["client_id"] == ["pod"]


def test_who_ran_out_of_time_is_asked_for_their_password_and_who_signed_out_is_not(issuer: str, tmp_path: Path) -> None:
    client = notes_app(server_room(tmp_path, issuer)).test_client()
    go(client, "helen")
    client.delete_cookie("pod")
    assert parse_qs(urlsplit(client.get("/sign-in").location).query)["prompt"] == ["login"]
    go(client, "helen")
    leave(client)
    assert "prompt" not in parse_qs(urlsplit(client.get("/sign-in").location).query)


@contextmanager
def issuer_that_says(**metadata: str) -> Iterator[str]:
    """Run an issuer that has only its description."""
    app = flask.Flask("issuer")
    app.add_url_rule("/.well-known/openid-configuration", "metadata", lambda: metadata)
    server = make_server("127.0.0.1", 0, app)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def signed_in_at(folder: Path, issuer: str) -> Any:
    client = notes_app(server_room(folder, issuer)).test_client()
    with client.session_transaction() as session:
        session.update(actor={"email": "helen@pod.example", "name": "Helen", "roles": ["manager"], "team": ""}, since=time.time())
    return client


@pytest.mark.parametrize("metadata", [{}, {"end_session_endpoint": "https://elsewhere.example/end"}])
def test_where_the_issuer_has_no_sign_out_of_its_own_ours_is_enough(tmp_path: Path, metadata: dict[str, str]) -> None:
    with issuer_that_says(**metadata) as issuer:
        client = signed_in_at(tmp_path, issuer)
        assert leave(client).location == "/journeys/signed-out" and client.get("/").status_code == 302


def test_without_the_issuer_one_can_still_sign_out(tmp_path: Path) -> None:
    client = signed_in_at(tmp_path, f"http://127.0.0.1:{free_port()}")
    assert leave(client).location == "/journeys/signed-out" and client.get("/").status_code == 302


def test_a_form_may_lead_to_us_and_to_the_issuer_and_nowhere_else(issuer: str, tmp_path: Path) -> None:
    policy = notes_app(server_room(tmp_path, issuer)).test_client().get("/privacy").headers["Content-Security-Policy"]
    assert f"form-action 'self' {issuer};" in policy


def id_token(issuer: str) -> str:
    """Get a token as another program would: by the code flow, without us."""
    asked = {"client_id": "pod", "response_type": "code", "scope": "openid email profile", "redirect_uri": "http://localhost/x"}
    back = requests.post(f"{issuer}/oauth2/authorize", params=asked, data={"sub": "helen"}, allow_redirects=False, timeout=5)
    code = parse_qs(urlsplit(back.headers["Location"]).query)["code"][0]
    told = requests.post(f"{issuer}/oauth2/token", auth=("pod", "s"), timeout=5, data={
        "grant_type": "authorization_code", "code": code, "redirect_uri": "http://localhost/x"})
    return str(told.json()["id_token"])
