"""One referrals service for a file of tests of the form, and a practitioner who writes on its pages."""
from __future__ import annotations

import pytest

from tests.integration.referral_room import Pod
from tests.support.drafts import AMARA, Writer


@pytest.fixture(scope="module")
def pod(tmp_path_factory: pytest.TempPathFactory) -> Pod:
    """Give the service on a SQLite database that all tests of a file share."""
    return Pod(tmp_path_factory.mktemp("var"))


@pytest.fixture
def amara(pod: Pod) -> Writer:
    """Give a browser of the practitioner, who has nothing open."""
    return Writer(pod, AMARA)
