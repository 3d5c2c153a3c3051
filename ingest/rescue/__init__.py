"""When something was lost: backup and restore, and the register anew from its originals alone."""
