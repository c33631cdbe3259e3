"""Taking data elsewhere: files for donors and analysts, EPCIS, IATI."""
