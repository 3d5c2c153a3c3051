"""Reference data carried by the package: the AgID CA, the nine municipalities, the label lexicon."""
