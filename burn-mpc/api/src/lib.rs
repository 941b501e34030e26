//! Holds the tests of what is public; see `tests/`.
