"""What needs no network: counted tables and file compressors, measured on the characters an author is judged on."""
