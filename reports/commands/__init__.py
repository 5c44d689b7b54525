"""What ``python -m reports`` can be asked to do: words of the command line become objects here."""
