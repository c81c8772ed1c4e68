"""Meta's Cloud API on loopback: what a newcomer, a test or a load run talks to instead of graph.facebook.com.

It imports nothing from `app`: the two meet only over HTTP, so that what works here works against Meta.
"""
