"""Rules and words. No I/O, no clock, no async: nothing here imports more than the standard library."""
