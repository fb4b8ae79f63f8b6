"""The tests are a package, so that two folders may each have a conftest and a test of one name."""
