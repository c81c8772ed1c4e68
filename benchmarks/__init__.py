"""What Hilo does on this machine, measured: `make bench`. See README.md here."""
