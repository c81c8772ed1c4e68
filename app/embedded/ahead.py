"""The web server, started ahead of time: `python -m app.embedded.ahead MODULE:APP AND-UVICORN'S-OPTIONS`.

It loads the application, which takes longer than all else in a start, and serves once the gate opens (`gate.py`).
"""

import sys
from importlib import import_module

import uvicorn

if __name__ == "__main__":
    import_module(sys.argv[1].partition(":")[0])
    sys.stdin.read()
    uvicorn.main()
