"""Alembic's way in; the connection comes from shared.migrate."""
from shared.migrate import run_env

run_env()
