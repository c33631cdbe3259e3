"""What documents look like: plain values in, PDF out. Ukrainian first, English beside it."""
