"""Watcher on real material. Each test needs the folder that WATCHER_CORPORA names, or says what it needs."""
