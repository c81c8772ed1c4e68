"""`make bench-peers`: the same conversation through Hilo, pywa and n8n, by the harness of `make bench`."""
