"""The Flask app of one service: its pages, its API and what all services have in common."""
from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import flask_smorest
from flask import Blueprint, Flask
from govuk_frontend_wtf.main import WTFormsHelpers
from jinja2 import ChoiceLoader, FileSystemLoader, PackageLoader, PrefixLoader
from werkzeug.middleware.proxy_fix import ProxyFix

from shared.settings import Settings, SettingsError
from shared.web import about, errors, headers, health, layout, operations, session, signin, templating
from shared.web.context import Room
from shared.web.idempotency import posts_outside
from shared.web.kept import FormGuard
from shared.web.problems import ProblemApi, make_api
from shared.web.session import IDLE, WARNING, Sessions
from shared.web.tokens import Tokens
from shared.web.uploads import PodRequest

HERE = Path(__file__).parent
BODY_LIMIT = 1024 * 1024


def create_app(room: Room, blueprints: Iterable[Blueprint] = (),
               api_blueprints: Iterable[flask_smorest.Blueprint] = (), *,
               templates: Path | str | None = None, demo_sign_in: bool | None = None) -> Flask:
    """Make the app of one service, to be mounted at `room.prefix`.

    `blueprints` are its pages, `api_blueprints` are put under `/api/v1`; their own url_prefix is kept.
    `templates` is the service's template folder, looked in first; default: the one beside its first blueprint.
    `demo_sign_in` defaults to demo mode, and SettingsError is raised where it is wanted elsewhere.
    """
    blueprints = list(blueprints)
    beside = Path(blueprints[0].root_path) / "templates" if blueprints else None
    app = bare_app(room.settings, room.prefix, templates or beside, demo_sign_in)
    app.extensions["pod.room"] = room
    for blueprint in (*blueprints, operations.pages):
        app.register_blueprint(blueprint)
    app.register_blueprint(health.blueprint)
    api = make_api(app, f"{room.title} API", room.prefix)
    for blueprint in (*api_blueprints, about.api, operations.api):
        api.register_blueprint(blueprint, url_prefix="/api/v1" + (blueprint.url_prefix or ""))
    _exempt_api(app, api)
    _all_posts_once(app)
    return app


def bare_app(settings: Settings, prefix: str, templates: Path | str | None = None,
             demo_sign_in: bool | None = None) -> Flask:
    """Make an app with the suite's layout, sign-in, error pages and headers, and no service yet."""
    if demo_sign_in and not settings.demo:
        raise SettingsError(["POD_MODE: the demo sign-in exists in demo mode only; this is server mode"])
    app = Flask("shared.web", static_folder=str(HERE / "static"), template_folder=None)
    app.jinja_environment = templating.Environment  # type: ignore[assignment]
    app.request_class = PodRequest
    _configure(app, settings, prefix)
    app.jinja_loader = _loader(templates)  # type: ignore[assignment]
    app.extensions["pod.settings"] = settings
    app.extensions["pod.tokens"] = Tokens(settings)
    app.extensions["pod.csrf"] = FormGuard(app)
    WTFormsHelpers(app)
    for part in (headers, templating, layout, session, errors):
        part.install(app)
    app.register_blueprint(signin.blueprint_for(app, settings))
    app.register_blueprint(about.blueprint)
    if settings.trusted_proxies:
        count = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)  # type: ignore[method-assign]
    return app


def _configure(app: Flask, settings: Settings, prefix: str) -> None:
    app.secret_key = settings.secret_key
    app.session_interface = Sessions()
    app.config.update(
        APPLICATION_ROOT=prefix or "/", MAX_CONTENT_LENGTH=BODY_LIMIT, MAX_FORM_MEMORY_SIZE=BODY_LIMIT,
        PROPAGATE_EXCEPTIONS=False, SEND_FILE_MAX_AGE_DEFAULT=timedelta(days=1),
        # one name and path for all five, so that a person signs in once; __Host- ties it to this very host
        SESSION_COOKIE_NAME="__Host-pod" if settings.cookie_secure else "pod", SESSION_COOKIE_PATH="/",
        SESSION_COOKIE_HTTPONLY=True, SESSION_COOKIE_SAMESITE="Lax", SESSION_COOKIE_SECURE=settings.cookie_secure,
        PERMANENT_SESSION_LIFETIME=IDLE, POD_WARNING=WARNING, WTF_CSRF_TIME_LIMIT=None,
    )


def _loader(templates: Path | str | None) -> ChoiceLoader:
    own = [str(folder) for folder in (templates, HERE / "templates") if folder]
    return ChoiceLoader([FileSystemLoader(own), PrefixLoader({
        "govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja"),
        "govuk_frontend_wtf": PackageLoader("govuk_frontend_wtf")})])


def _exempt_api(app: Flask, api: ProblemApi) -> None:
    """Ask no CSRF token of the API: it takes bearer tokens only, which no browser sends by itself."""
    csrf: FormGuard = app.extensions["pod.csrf"]
    for name in [*app.extensions["flask-smorest"]["blp_name_to_api"], "health"]:
        csrf.exempt(app.blueprints[name])


def _all_posts_once(app: Flask) -> None:
    """Refuse to start with a POST of the API that does not honour Idempotency-Key."""
    views: Mapping[str, Callable[..., Any]] = app.view_functions
    posts = {rule.endpoint for rule in app.url_map.iter_rules()
             if rule.rule.startswith("/api/") and "POST" in (rule.methods or ())}
    if outside := sorted(name for endpoint in posts for name in posts_outside(views[endpoint])):
        raise TypeError(f"not in_transaction, so a repeat would be done twice: {', '.join(outside)}")

