"""docker, kind and kubectl for tests: they know their flags, keep a little state, log each call, fail on request."""
