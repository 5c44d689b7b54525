"""The checks of any service, on services written for these tests: whole, and with holes."""
