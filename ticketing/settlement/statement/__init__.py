"""Tell operators and the authorities what a run says: statements, returns of VAT, the journal, and the files of a run."""
