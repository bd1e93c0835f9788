"""Server mode as an organisation meets it: its own issuer signs people in, and nothing of the demo is there.

`pod up` and the issuer are processes of their own; the broker is left out, since who may enter does not depend on it.
"""
from __future__ import annotations

import base64
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from shared.settings import Settings
from shared.web.tokens import issue_demo
from tests.support.browser import axe
from tests.support.ground import ROOT, free_port
from tests.support.issuer import CLIENT, PEOPLE, Issuer
from tests.support.process import POD, Process
from tests.support.suite import PREFIXES, bare

SECRET = secrets.token_urlsafe(40)


def settings(folder: Path, issuer: str) -> dict[str, str]:
    return {"POD_MODE": "server", "POD_VAR": str(folder / "var"), "POD_HTTP": f"127.0.0.1:{free_port()}",
            "POD_SECRET_KEY": SECRET, "POD_OIDC_ISSUER": issuer, "POD_OIDC_CLIENT_ID": CLIENT,
            "POD_OIDC_CLIENT_SECRET": "known to the issuer", "POD_FILES_KEY": base64.b64encode(secrets.token_bytes(32)).decode()}


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Issuer]:
    port = free_port()
    process = Process([sys.executable, "-m", "tests.support.issuer", str(port)], tmp_path_factory.mktemp("issuer") / "log")
    try:
        process.wait_http(f"http://127.0.0.1:{port}/.well-known/openid-configuration")
        yield Issuer(f"http://127.0.0.1:{port}")
    finally:
        process.close()


@pytest.fixture(scope="module")
def base(issuer: Issuer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run the suite in server mode, migrated as docs/operations.md says; give its address."""
    folder = tmp_path_factory.mktemp("server-mode")
    env = settings(folder, issuer.url)
    migration = Process([*POD, "migrate"], folder / "migrate.log", env)
    assert migration.wait() == 0, migration.tail()
    process = Process([*POD, "up"], folder / "up.log", env)
    try:
        process.wait_http(f"http://{env['POD_HTTP']}/journeys/health/ready")
        assert "Sign in as any of these" not in process.tail()
        yield f"http://{env['POD_HTTP']}"
        assert process.terminate() == 0, process.tail()
        assert "Traceback" not in process.tail(1000), process.tail(1000)
    finally:
        process.close()


def enter(page: Any, who: str) -> None:
    """Choose a person at the issuer, where the page now is."""
    assert "/oauth2/authorize" in page.url
    page.get_by_role("button", name=who).click()


def test_a_person_signs_in_by_the_issuer_works_and_signs_out(base: str, page: Any) -> None:
    page.goto(f"{base}/journeys/")
    enter(page, "helen")
    page.get_by_text("Helen Hart").wait_for()
    assert page.url == f"{base}/journeys/"
    assert page.get_by_text("Demo", exact=True).count() == 0
    assert axe(page) == []
    page.get_by_role("link", name="Notifications").click()
    page.get_by_role("heading", name="Messages sent").wait_for()
    assert page.goto(f"{base}/journeys/operations").status == 403
    assert axe(page) == []
    cookies = {one["name"]: (one["secure"], one["httpOnly"], one["path"]) for one in page.context.cookies() if "pod" in one["name"]}
    assert cookies == dict.fromkeys(("__Host-pod", "__Host-pod-id"), (True, True, "/"))
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="End session").click()  # at the issuer
    page.wait_for_url(f"{base}/journeys/signed-out?state=*")
    assert axe(page) == [] and [one for one in page.context.cookies() if "pod" in one["name"]] == []
    page.goto(f"{base}/journeys/")
    assert "/oauth2/authorize" in page.url


@pytest.mark.parametrize("who", ["tariq", "guest"])
def test_somebody_of_another_role_or_of_none_is_in_and_refused(base: str, page: Any, who: str) -> None:
    page.goto(f"{base}/referrals/")
    with page.expect_response(f"{base}/referrals/") as shown:
        enter(page, who)
    assert shown.value.status == 403
    page.get_by_role("heading", name="You do not have access to this page").wait_for()
    assert page.get_by_text(PEOPLE[who]["name"]).first.is_visible()


def test_from_the_start_page_without_javascript_too(base: str, plain_page: Any) -> None:
    plain_page.goto(f"{base}/")
    plain_page.get_by_role("link", name="Sign in", exact=True).click()
    enter(plain_page, "helen")
    plain_page.get_by_text("Helen Hart").wait_for()
    assert plain_page.url.startswith(base)


def test_who_is_turned_away_by_the_issuer_is_told_so(base: str, page: Any) -> None:
    page.goto(f"{base}/journeys/")
    page.get_by_role("button", name="Deny").click()
    page.get_by_text("The sign-in did not complete").wait_for()
    page.goto(f"{base}/journeys/")
    assert "/oauth2/authorize" in page.url


def listed(base: str, token: str | None) -> requests.Response:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return requests.get(f"{base}/journeys/api/v1/journeys", headers=headers, timeout=10)


def test_the_issuers_token_opens_the_api_of_every_service(base: str, issuer: Issuer) -> None:
    headers = {"Authorization": f"Bearer {issuer.token(roles=['manager', 'operations'])}"}
    for prefix in PREFIXES.values():
        answer = requests.get(f"{base}{prefix}/api/v1/parked", headers=headers, timeout=10)
        assert (answer.status_code, answer.json()["items"]) == (200, [])
    assert listed(base, issuer.token()).status_code == 200
    assert listed(base, issuer.token(aud=["somebody-else", CLIENT])).status_code == 200
    assert listed(base, issuer.token(roles=["cafe"])).status_code == 403
    assert listed(base, issuer.token(roles=None)).status_code == 403


def forged(issuer: Issuer, key: Any, alg: str, **header: str) -> str:
    now = int(time.time())
    claims = {"iss": issuer.url, "aud": CLIENT, "exp": now + 300, "sub": "helen", **PEOPLE["helen"]}
    return jwt.encode({"alg": alg, **header}, claims, key, algorithms=[alg])


def kid_of(issuer: Issuer) -> dict[str, str]:
    """Give the key id the issuer's tokens name, as a header a forger would copy."""
    (key,) = requests.get(f"{issuer.url}/jwks", timeout=5).json()["keys"]
    return {"kid": key["kid"]} if "kid" in key else {}


REFUSED: dict[str, Callable[[Issuer], str | None]] = {
    "none at all": lambda issuer: None,
    "another audience": lambda issuer: issuer.token(aud="somebody-else"),
    "no audience": lambda issuer: issuer.token(aud=None),
    "expired": lambda issuer: issuer.token(exp=int(time.time()) - 120),
    "never expires": lambda issuer: issuer.token(exp=None),
    "not yet good": lambda issuer: issuer.token(nbf=int(time.time()) + 600),
    "another issuer's": lambda issuer: issuer.token(iss="https://issuer.example"),
    "another key": lambda issuer: forged(issuer, RSAKey.generate_key(2048), "RS256", **kid_of(issuer)),
    "another key of unknown id": lambda issuer: forged(issuer, RSAKey.generate_key(2048), "RS256", kid="made-up"),
    "our own secret": lambda issuer: forged(issuer, OctKey.import_key(SECRET), "HS256"),
    "the demo's": lambda issuer: issue_demo(Settings(mode="demo", secret_key=SECRET), "manager"),
    "no token": lambda issuer: "not.a.token",
}


@pytest.mark.parametrize("what", REFUSED)
def test_any_other_token_is_refused_with_a_problem(base: str, issuer: Issuer, what: str) -> None:
    token = REFUSED[what](issuer)
    answer = listed(base, token)
    assert (answer.status_code, answer.headers["Content-Type"]) == (401, "application/problem+json"), answer.text
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert answer.json()["status"] == 401 and answer.json()["detail"]
    assert token is None or token not in answer.text


def test_a_token_opens_no_page_and_a_session_no_api(base: str, issuer: Issuer, page: Any) -> None:
    answer = requests.get(f"{base}/journeys/", headers={"Authorization": f"Bearer {issuer.token()}"}, allow_redirects=False, timeout=10)
    assert answer.status_code == 302 and "/sign-in" in answer.headers["Location"]
    page.goto(f"{base}/journeys/")
    enter(page, "helen")
    page.get_by_text("Helen Hart").wait_for()
    assert page.goto(f"{base}/journeys/api/v1/journeys").status == 401


def test_nothing_of_the_demo_sign_in_is_there(base: str) -> None:
    for prefix in ("", *PREFIXES.values()):
        sent_away = requests.get(f"{base}{prefix}/sign-in", allow_redirects=False, timeout=10)
        assert sent_away.status_code == 302 and "/oauth2/authorize?" in sent_away.headers["Location"]
        chosen = requests.post(f"{base}{prefix}/sign-in", data={"email": "helen.marsh@pod.example"}, timeout=10)
        assert chosen.status_code in (404, 405)
        assert "Set-Cookie" not in chosen.headers


def pod(env: dict[str, str], *words: str) -> tuple[int, str, str]:
    done = subprocess.run([*POD, *words], cwd=ROOT, env=bare(env), capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("words", [("token", "manager"), ("demo",)])
def test_the_demos_commands_are_refused_with_a_sentence(tmp_path: Path, words: tuple[str, ...]) -> None:
    code, out, err = pod(settings(tmp_path, "https://issuer.example"), *words)
    assert (code, out) == (2, "") and "POD_MODE" in err and "demo mode only" in err


def test_a_server_does_not_start_on_what_a_demo_left(tmp_path: Path) -> None:
    env = settings(tmp_path, "https://issuer.example")
    assert pod({"POD_MODE": "demo", "POD_VAR": env["POD_VAR"]}, "token", "manager")[0] == 0
    code, _, err = pod(env, "up")
    assert code == 2 and "POD_VAR" in err and "demo" in err
    code, out, _ = pod(env, "doctor")
    assert code == 1 and "WRONG setting: POD_VAR" in out


def test_every_missing_setting_is_named_at_once(tmp_path: Path) -> None:
    needed = ("POD_SECRET_KEY", "POD_OIDC_ISSUER", "POD_OIDC_CLIENT_ID", "POD_OIDC_CLIENT_SECRET")
    code, _, err = pod({"POD_VAR": str(tmp_path)}, "up")
    assert code == 2 and all(f"{name}: missing" in err for name in needed) and "Traceback" not in err
    code, out, _ = pod({"POD_VAR": str(tmp_path)}, "doctor")
    assert code == 1 and all(f"WRONG setting: {name}: missing" in out for name in needed)
    code, _, err = pod({**settings(tmp_path, "https://issuer.example"), "POD_SECRET_KEY": "short", "POD_HTTP": "here"}, "up")
    assert code == 2 and "POD_HTTP" in err and "POD_SECRET_KEY" in err


def test_referrals_does_not_start_without_a_key_for_its_documents(tmp_path: Path) -> None:
    code, _, err = pod({**settings(tmp_path, "https://issuer.example"), "POD_FILES_KEY": ""}, "up")
    assert code == 2 and "POD_FILES_KEY: missing" in err and "Traceback" not in err


def test_a_server_that_was_never_migrated_says_what_to_do(tmp_path: Path) -> None:
    code, _, err = pod(settings(tmp_path, "https://issuer.example"), "up")
    assert code == 2 and "run 'pod migrate'" in err
