"""The contract gate on any service: what its document, its target file and its answers tell."""
