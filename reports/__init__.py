"""The judge and its page: objectives and evidence in, verdicts and renderings out."""
