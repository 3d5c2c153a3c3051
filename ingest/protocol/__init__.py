"""The protocol register (art. 53 DPR 445/2000): what it needs of us, and its numbers back."""
