"""Context models of the next character beside the network: n-gram tables, a match model, and their mixer."""
