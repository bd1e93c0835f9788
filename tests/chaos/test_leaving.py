"""SIGTERM under load: what is in hand is finished and acknowledged, the rest is left where it is."""
from __future__ import annotations

import time

from tests.chaos.effects import all_applied
from tests.chaos.site import Site, admissions
from tests.support.ground import wait_until

WITHIN = 15.0


def test_sigterm_under_load_leaves_in_bounded_time_and_leaves_nothing_half_done(site: Site, say) -> None:
    sent = admissions(2000)
    site.publish(sent)
    process = site.start("journeys", "notifications", ready=False, POD_BATCH="50")
    wait_until(lambda: site.applied() > 200 or not process.running, 60, "load")
    asked = time.monotonic()
    assert process.terminate(within=WITHIN) == 0, process.tail()
    took = time.monotonic() - asked
    done = site.applied()
    assert done < 2000, "it had finished before it was asked to leave"
    assert site.depth() == 2000 - done, "what was committed was acknowledged, what was not is still there"
    site.start("journeys", "notifications")
    site.settle(2000, told=2000)
    site.leave("journeys", "notifications")
    count = site.count(sent)
    say(f"SIGTERM after {done} of 2,000, gone in {took:.1f} s", count)
    assert count == all_applied(2000)
