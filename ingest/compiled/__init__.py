"""The compiled decoder: lines of bytes -> columns in one pass; what it does not know it leaves."""
