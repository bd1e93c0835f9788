"""Events between services: envelope, topology, outbox, relay, inbox, deferred and parked."""
