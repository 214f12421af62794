"""Watcher on real material: each test here needs the folder that WATCHER_CORPORA names, and says so when it is not set."""
